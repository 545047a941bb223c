/* What a program may get wrong: every mistake that the library can see is a result, changes
 * nothing, and leaves the outputs alone. */
#include <string.h>

#include "check.h"

static lahn_engine *engine;
static lahn_conference_id conference;

static lahn_addr addr(uint16_t port) {
  lahn_addr a = LAHN_ADDR_INIT;
  a.family = 4;
  a.ip[0] = 127;
  a.ip[3] = 1;
  a.port = port;
  return a;
}

static void null_pointers(void) {
  lahn_config config = LAHN_CONFIG_INIT;
  lahn_constraints constraints = LAHN_CONSTRAINTS_INIT;
  lahn_engine *made = NULL;
  uint64_t id = 7;
  size_t n = 7;
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_new(NULL, &made));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_new(&config, NULL));
  CHECK(made == NULL);
  lahn_engine_free(NULL);
  REFUSED(NULL, LAHN_ERR_NULL, lahn_conference_open(NULL, &id));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_conference_open(engine, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_endpoint_add(engine, 0, conference, NULL, 1, &id));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_handle_datagrams(engine, 0, NULL, 1));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_poll_event(engine, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_subscription_set_constraints(engine, 0, id, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_subscription_set_constraints(NULL, 0, id, &constraints));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_subscription_constraints(engine, id, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_source_get_encoding_stats(engine, 0, id, 0, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_poll_timeout(NULL, &id));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_poll_timeout(engine, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_last_error(NULL, NULL, 0, &n));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_last_error(engine, NULL, 0, NULL));
  REFUSED(NULL, LAHN_ERR_NULL, lahn_engine_last_error(engine, NULL, 5, &n));
  CHECK(id == 7 && n == 7);
}

static void struct_sizes(void) {
  /* A struct as a later header may have it: longer, with something in the part we do not know. */
  struct {
    lahn_config known;
    uint64_t later;
  } newer = {LAHN_CONFIG_INIT, 0};
  lahn_config config = LAHN_CONFIG_INIT;
  lahn_event event = LAHN_EVENT_INIT;
  lahn_constraints constraints = LAHN_CONSTRAINTS_INIT;
  lahn_engine *made = NULL;
  config.struct_size = 0;
  REFUSED(NULL, LAHN_ERR_ARGUMENT, lahn_engine_new(&config, &made));
  config.struct_size = (uint32_t)offsetof(lahn_config, start_bps) - 1;
  REFUSED(NULL, LAHN_ERR_ARGUMENT, lahn_engine_new(&config, &made));
  config.struct_size = UINT32_MAX;
  REFUSED(NULL, LAHN_ERR_ARGUMENT, lahn_engine_new(&config, &made));
  newer.known.struct_size = sizeof newer;
  newer.later = 1;
  REFUSED(NULL, LAHN_ERR_UNSUPPORTED, lahn_engine_new(&newer.known, &made));
  CHECK(made == NULL);
  newer.later = 0;
  OK(NULL, lahn_engine_new(&newer.known, &made));
  lahn_engine_free(made);

  /* What a program compiled before rates could be bounded passes: they are not looked at. */
  config.struct_size = (uint32_t)offsetof(lahn_config, start_bps);
  config.min_bps = 2;
  config.max_bps = 1;
  OK(NULL, lahn_engine_new(&config, &made));
  lahn_engine_free(made);
  config.struct_size = sizeof config;
  REFUSED(NULL, LAHN_ERR_ARGUMENT, lahn_engine_new(&config, &made));

  event.struct_size = 4;
  event.kind = 77;
  REFUSED(NULL, LAHN_ERR_ARGUMENT, lahn_engine_poll_event(engine, &event));
  CHECK(event.kind == 77);
  /* What a program compiled before events had a layer passes: nothing beyond it is written. */
  event.struct_size = (uint32_t)offsetof(lahn_event, layer);
  event.layer.present = 77;
  OK(engine, lahn_engine_poll_event(engine, &event));
  CHECK(event.kind == LAHN_EVENT_NONE && event.layer.present == 77);

  constraints.struct_size = sizeof constraints - 1;
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_subscription_set_constraints(engine, 0, LAHN_ID_NONE, &constraints));
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_subscription_constraints(engine, LAHN_ID_NONE, &constraints));
}

/* An id is refused if nothing has it: not yet, no longer, or not in this engine. */
static void check_stale(uint64_t id) {
  lahn_endpoint_stats endpoint_stats = LAHN_ENDPOINT_STATS_INIT;
  lahn_subscription_stats subscription_stats = LAHN_SUBSCRIPTION_STATS_INIT;
  lahn_encoding_stats encoding_stats = LAHN_ENCODING_STATS_INIT;
  lahn_constraints constraints = LAHN_CONSTRAINTS_INIT;
  lahn_source_info source = LAHN_SOURCE_INFO_INIT;
  lahn_subscription_info subscription = LAHN_SUBSCRIPTION_INFO_INIT;
  lahn_transport_params params = LAHN_TRANSPORT_PARAMS_INIT;
  lahn_str empty = LAHN_STR_INIT;
  lahn_addr local = addr(1);
  uint8_t key[28] = {1};
  uint64_t out = 7;
  size_t n = 7;
  const lahn_result stale = LAHN_ERR_STALE_ID;
  constraints.max_width = 640;
  params.profile = LAHN_SRTP_AEAD_AES_128_GCM;
  params.rx_key = params.tx_key = key;
  params.rx_key_len = params.tx_key_len = sizeof key;
  params.local = params.remote = local;
  REFUSED(engine, stale, lahn_conference_close(engine, 0, id));
  REFUSED(engine, stale, lahn_conference_sources(engine, id, NULL, 0, &n));
  REFUSED(engine, stale, lahn_endpoint_add(engine, 0, id, &local, 1, &out));
  REFUSED(engine, stale, lahn_endpoint_add_raw(engine, 0, id, &params, &out));
  REFUSED(engine, stale, lahn_endpoint_set_session(engine, 0, id, NULL, 0, 0));
  REFUSED(engine, stale, lahn_endpoint_remove(engine, 0, id));
  REFUSED(engine, stale, lahn_endpoint_restart_ice(engine, 0, id));
  REFUSED(engine, stale, lahn_endpoint_accept_offer(engine, 0, id, empty, NULL, 0, &n));
  REFUSED(engine, stale, lahn_endpoint_create_offer(engine, 0, id, NULL, 0, &n));
  REFUSED(engine, stale, lahn_endpoint_take_sdp(engine, id, NULL, 0, &n));
  REFUSED(engine, stale, lahn_endpoint_accept_answer(engine, 0, id, empty));
  REFUSED(engine, stale, lahn_endpoint_add_remote_candidate(engine, 0, id, empty));
  REFUSED(engine, stale, lahn_endpoint_set_bitrate_limits(engine, 0, id, 1, 1));
  REFUSED(engine, stale, lahn_endpoint_get_stats(engine, 0, id, &endpoint_stats));
  REFUSED(engine, stale, lahn_subscribe(engine, 0, id, id, &out));
  REFUSED(engine, stale, lahn_unsubscribe(engine, 0, id));
  REFUSED(engine, stale, lahn_subscription_set_paused(engine, 0, id, 1));
  REFUSED(engine, stale, lahn_subscription_set_constraints(engine, 0, id, &constraints));
  REFUSED(engine, stale, lahn_subscription_constraints(engine, id, &constraints));
  CHECK(constraints.max_width == 640);
  REFUSED(engine, stale, lahn_subscription_get_info(engine, id, &subscription));
  REFUSED(engine, stale, lahn_subscription_get_stats(engine, 0, id, &subscription_stats));
  REFUSED(engine, stale, lahn_source_get_info(engine, id, &source));
  REFUSED(engine, stale, lahn_source_get_encoding_stats(engine, 0, id, 0, &encoding_stats));
  REFUSED(engine, stale, lahn_source_request_key_frame(engine, 0, id));
  CHECK(out == 7 && n == 7);
}

static void stale_ids(void) {
  lahn_conference_id gone = LAHN_ID_NONE, next = LAHN_ID_NONE;
  OK(engine, lahn_conference_open(engine, &gone));
  OK(engine, lahn_conference_close(engine, 0, gone));
  OK(engine, lahn_conference_open(engine, &next)); /* takes the slot of the one that is gone */
  CHECK(next != gone && gone != LAHN_ID_NONE);
  check_stale(gone);
  OK(engine, lahn_conference_close(engine, 0, next));
  check_stale(LAHN_ID_NONE);
  check_stale(12345);
  check_stale(UINT64_MAX);
}

static void arguments(void) {
  lahn_transport_params params = LAHN_TRANSPORT_PARAMS_INIT;
  lahn_addr local = addr(1);
  lahn_str not_utf8 = LAHN_STR_INIT;
  lahn_endpoint_id endpoint = 7, raw = 7;
  lahn_media media = LAHN_MEDIA_INIT;
  uint8_t key[28] = {1};
  size_t len = 7;
  local.family = 5;
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_endpoint_add(engine, 0, conference, &local, 1, &endpoint));
  REFUSED(engine, LAHN_ERR_ARGUMENT, lahn_engine_handle_timeout(engine, UINT64_MAX));
  local = addr(1);
  params.local = params.remote = local;
  params.profile = 2;
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_endpoint_add_raw(engine, 0, conference, &params, &endpoint));
  params.profile = LAHN_SRTP_AEAD_AES_128_GCM;
  params.rx_key = params.tx_key = key;
  params.rx_key_len = 28;
  params.tx_key_len = 27;
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_endpoint_add_raw(engine, 0, conference, &params, &endpoint));
  CHECK(endpoint == 7);

  params.tx_key_len = 28;
  OK(engine, lahn_endpoint_add_raw(engine, 0, conference, &params, &raw));
  media.kind = 3;
  media.mid[0] = 'm';
  REFUSED(engine, LAHN_ERR_ARGUMENT, lahn_endpoint_set_session(engine, 0, raw, &media, 1, 0));
  media.kind = LAHN_MEDIA_AUDIO;
  media.mid[0] = '\0';
  REFUSED(engine, LAHN_ERR_ARGUMENT, lahn_endpoint_set_session(engine, 0, raw, &media, 1, 0));
  OK(engine, lahn_endpoint_remove(engine, 0, raw));

  OK(engine, lahn_endpoint_add(engine, 0, conference, &local, 1, &endpoint));
  not_utf8.ptr = "v=0\r\n\xff";
  not_utf8.len = 6;
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_endpoint_accept_offer(engine, 0, endpoint, not_utf8, NULL, 0, &len));
  CHECK(len == 7);
  OK(engine, lahn_endpoint_remove(engine, 0, endpoint));
}

/* Datagrams are never an error, whatever is in them; a batch with a bad argument is not taken. */
static void datagrams(void) {
  uint8_t bytes[4][64];
  lahn_rx rx[4];
  uint64_t before = 0, after = 0;
  size_t i;
  for (i = 0; i < 4; i++) {
    /* STUN, DTLS, RTP and nothing at all by their first byte (RFC 7983), then rubbish. */
    static const uint8_t first[4] = {0, 22, 128, 255};
    lahn_rx one = {NULL, sizeof bytes[0], LAHN_ADDR_INIT, LAHN_ADDR_INIT, 0, {0}};
    memset(bytes[i], 0xa5, sizeof bytes[i]);
    bytes[i][0] = first[i];
    one.data = bytes[i];
    one.local = addr(1);
    one.remote = addr((uint16_t)(2 + i));
    rx[i] = one;
  }
  OK(engine, lahn_engine_get_dropped(engine, &before));
  rx[3].remote.family = 0;
  REFUSED(engine, LAHN_ERR_ARGUMENT, lahn_engine_handle_datagrams(engine, 0, rx, 4));
  rx[3].remote.family = 4;
  rx[3].data = NULL;
  REFUSED(engine, LAHN_ERR_NULL, lahn_engine_handle_datagrams(engine, 0, rx, 4));
  OK(engine, lahn_engine_get_dropped(engine, &after));
  CHECK(after == before);
  rx[3].len = 0; /* an empty datagram needs no memory */
  OK(engine, lahn_engine_handle_datagrams(engine, 0, rx, 4));
  OK(engine, lahn_engine_handle_datagrams(engine, 0, NULL, 0));
  OK(engine, lahn_engine_get_dropped(engine, &after));
  CHECK(after == before + 4);
}

static void nothing_to_send(void) {
  size_t n = 7;
  OK(engine, lahn_engine_poll_transmit(engine, 0, NULL, 0, NULL, 0, &n));
  CHECK(n == 0);
}

static void error_texts(void) {
  char text[256];
  size_t needed = 0, len = 0;
  REFUSED(engine, LAHN_ERR_STALE_ID, lahn_endpoint_remove(engine, 0, 12345));
  REFUSED(NULL, LAHN_ERR_TOO_SMALL, lahn_engine_last_error(engine, NULL, 0, &needed));
  CHECK(needed > 0 && needed < sizeof text);
  OK(NULL, lahn_engine_last_error(engine, text, needed, &len));
  CHECK(len == needed);
  CHECK(strcmp(lahn_result_str(LAHN_ERR_STALE_ID), "stale id") == 0);
  CHECK(strcmp(lahn_result_str(12345), "unknown result") == 0);
}

static void limits(void) {
  lahn_config config = LAHN_CONFIG_INIT;
  lahn_engine *small = NULL;
  lahn_conference_id first = 7, second = 7;
  config.max_conferences = 1;
  OK(NULL, lahn_engine_new(&config, &small));
  OK(small, lahn_conference_open(small, &first));
  REFUSED(small, LAHN_ERR_LIMIT, lahn_conference_open(small, &second));
  CHECK(second == 7);
  lahn_engine_free(small);
}

int main(void) {
  lahn_config config = LAHN_CONFIG_INIT;
  OK(NULL, lahn_engine_new(&config, &engine));
  OK(engine, lahn_conference_open(engine, &conference));
  null_pointers();
  struct_sizes();
  stale_ids();
  arguments();
  datagrams();
  nothing_to_send();
  error_texts();
  limits();
  lahn_engine_free(engine);
  puts("misuse: every mistake was told");
  return 0;
}
