/* The header compiles as C99, C11 and C++11, twice in one file, says nothing to -Wall -Wextra
 * -pedantic, and its structs have the sizes that tests/layouts.rs has from Rust's side. */
#include "lahn.h"
#include "lahn.h" /* A second time: it must do no harm. */

#define P sizeof(void *)
#define SIZE(type, size) typedef char size_of_##type[sizeof(type) == (size) ? 1 : -1]
SIZE(lahn_str, 2 * P);
SIZE(lahn_addr, 24);
SIZE(lahn_rx, 2 * P + 56);
SIZE(lahn_tx, 2 * P + 56);
SIZE(lahn_codec, 2 * P + 16);
SIZE(lahn_extension, 2 * P + 8);
SIZE(lahn_encoding, 24);
SIZE(lahn_config, 96);
SIZE(lahn_transport_params, 56 + 4 * P);
SIZE(lahn_media, 32 + 10 * P);
SIZE(lahn_layer, 4);
SIZE(lahn_constraints, 16);
SIZE(lahn_event, 56);
SIZE(lahn_source_info, 40);
SIZE(lahn_subscription_info, 40);
SIZE(lahn_endpoint_stats, 200);
SIZE(lahn_subscription_stats, 96);
SIZE(lahn_encoding_stats, 120);
SIZE(lahn_result, 4);

int main(void) {
  /* Each _INIT macro names every field (-Wmissing-field-initializers) and sets the size. */
  lahn_str str = LAHN_STR_INIT;
  lahn_addr addr = LAHN_ADDR_INIT;
  lahn_config config = LAHN_CONFIG_INIT;
  lahn_transport_params transport = LAHN_TRANSPORT_PARAMS_INIT;
  lahn_media media = LAHN_MEDIA_INIT;
  lahn_layer layer = LAHN_LAYER_INIT;
  lahn_constraints constraints = LAHN_CONSTRAINTS_INIT;
  lahn_event event = LAHN_EVENT_INIT;
  lahn_source_info source = LAHN_SOURCE_INFO_INIT;
  lahn_subscription_info subscription = LAHN_SUBSCRIPTION_INFO_INIT;
  lahn_endpoint_stats endpoint_stats = LAHN_ENDPOINT_STATS_INIT;
  lahn_subscription_stats subscription_stats = LAHN_SUBSCRIPTION_STATS_INIT;
  lahn_encoding_stats encoding_stats = LAHN_ENCODING_STATS_INIT;
  int sized = config.struct_size == sizeof config && transport.struct_size == sizeof transport &&
              media.struct_size == sizeof media && event.struct_size == sizeof event &&
              source.struct_size == sizeof source &&
              subscription.struct_size == sizeof subscription &&
              endpoint_stats.struct_size == sizeof endpoint_stats &&
              subscription_stats.struct_size == sizeof subscription_stats &&
              encoding_stats.struct_size == sizeof encoding_stats &&
              constraints.struct_size == sizeof constraints;
  int unlimited = constraints.max_width == 0 && constraints.max_height == 0 &&
                  constraints.max_frame_rate == 0 && constraints.max_spatial == LAHN_NO_LIMIT &&
                  constraints.max_temporal == LAHN_NO_LIMIT && constraints.priority == 128 &&
                  constraints.on_stage == 0 && constraints.paused == 0 &&
                  constraints.unpausable == 0;
  lahn_result ok = LAHN_OK;
  return sized && unlimited && layer.present == 0 && str.len == 0 && addr.family == 0 && ok == 0 ? 0 : 1;
}
