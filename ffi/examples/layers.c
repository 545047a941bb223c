/* A camera sends its picture twice, small and large; a screen says how much it wants:
 *
 *   camera (two encodings) ------> engine ------> screen (one of them)
 *
 * Without constraints the screen gets the best there is. It then asks for the lowest layer, pauses,
 * and comes back without a limit. LAHN_EVENT_LAYER_CHANGED tells what flows, and why;
 * LAHN_EVENT_DEMAND_CHANGED what the camera may stop sending.
 *
 * As in two_endpoints.c there is no network and no signalling, and the camera is a can of sealed
 * packets (simulcast_packets.h). Each frame is a key frame, so that no change has to wait for one.
 *
 * By hand: see ffi/README.md. */
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "simulcast_packets.h"

enum {
  KEY_LEN = 28, /* SRTP_AEAD_AES_128_GCM: 16 bytes of key, 12 of salt */
  PAYLOAD_TYPE = 96,
  LOW_SSRC = 0x11111111,
  HIGH_SSRC = 0x11111112,
  SCREEN_SSRC = 0x33333333,
  LOW = 0, /* encodings, low to high */
  HIGH = 1
};

/* First byte of the demo key for each direction of each leg. A real program has keys from DTLS. */
enum { FROM_CAMERA = 0x10, TO_CAMERA, TO_SCREEN, FROM_SCREEN };

/* Last byte of an address 192.0.2.x. */
enum { ENGINE_HOST = 1, CAMERA_HOST, SCREEN_HOST };

static lahn_engine *engine;
static lahn_conference_id conference;
static lahn_source_id source;
static lahn_subscription_id subscription;
static uint64_t now_us = 1000000;
static size_t packets_shot;
static size_t packets_shown[2]; /* by encoding */

/* ---- making things ------------------------------------------------------- */

/* Each leg has a port of its own. */
static lahn_addr addr(uint8_t host, uint8_t leg) {
  lahn_addr a = LAHN_ADDR_INIT;
  a.family = 4;
  a.ip[0] = 192;
  a.ip[2] = 2;
  a.ip[3] = host;
  a.port = (uint16_t)(5000 + leg);
  return a;
}

static lahn_endpoint_id add_endpoint(uint8_t host, uint8_t rx_key, uint8_t tx_key) {
  lahn_transport_params params = LAHN_TRANSPORT_PARAMS_INIT;
  lahn_endpoint_id endpoint = LAHN_ID_NONE;
  uint8_t rx[KEY_LEN], tx[KEY_LEN], i;
  for (i = 0; i < KEY_LEN; i++) {
    rx[i] = (uint8_t)(rx_key + i);
    tx[i] = (uint8_t)(tx_key + i);
  }
  params.profile = LAHN_SRTP_AEAD_AES_128_GCM;
  params.rx_key = rx;
  params.rx_key_len = sizeof rx;
  params.tx_key = tx;
  params.tx_key_len = sizeof tx;
  params.local = addr(ENGINE_HOST, host);
  params.remote = addr(host, host);
  OK(engine, lahn_endpoint_add_raw(engine, now_us, conference, &params, &endpoint));
  return endpoint;
}

/* One video section of VP8: received in some encodings, or sent as send_ssrc. */
static void set_session(lahn_endpoint_id endpoint, const lahn_encoding *encodings,
                        size_t n_encodings, uint32_t send_ssrc) {
  static const char vp8_name[] = "video/VP8";
  lahn_codec vp8 = {LAHN_STR_INIT, 0, 0, 0, 0, {0}};
  lahn_media media = LAHN_MEDIA_INIT;
  vp8.mime_type.ptr = vp8_name;
  vp8.mime_type.len = strlen(vp8_name);
  vp8.payload_type = PAYLOAD_TYPE;
  vp8.feedback = LAHN_FEEDBACK_NACK | LAHN_FEEDBACK_PLI;
  media.kind = LAHN_MEDIA_VIDEO;
  media.mid[0] = 'v';
  media.codecs = &vp8;
  media.n_codecs = 1;
  media.encodings = encodings;
  media.n_encodings = n_encodings;
  media.send_ssrc = send_ssrc;
  OK(engine, lahn_endpoint_set_session(engine, now_us, endpoint, &media, 1, 1));
}

/* ---- the loop ------------------------------------------------------------ */

/* RFC 5761 section 4: RTCP packet types are 192-223 where RTP has marker and payload type. */
static int is_rtcp(const uint8_t *data) { return data[1] >= 192 && data[1] <= 223; }

static void drain(void) {
  uint8_t arena[8 * 1500];
  lahn_tx tx[8];
  size_t n, i;
  do {
    OK(engine, lahn_engine_poll_transmit(engine, now_us, arena, sizeof arena, tx, 8, &n));
    for (i = 0; i < n; i++) {
      if (!is_rtcp(arena + tx[i].offset)) {
        /* The two pictures differ in size, and the second packet in the can is a large one. */
        CHECK(tx[i].remote.ip[3] == SCREEN_HOST);
        packets_shown[tx[i].len == simulcast_packets[1].len ? HIGH : LOW]++;
      }
    }
  } while (n > 0);
}

/* A frame in both encodings, 33 ms after the one before. */
static void shoot(void) {
  int i;
  now_us += 33000;
  OK(engine, lahn_engine_handle_timeout(engine, now_us));
  for (i = 0; i < 2; i++) {
    const sealed_packet *packet = &simulcast_packets[packets_shot];
    lahn_rx rx = {NULL, 0, LAHN_ADDR_INIT, LAHN_ADDR_INIT, 0, {0}};
    uint8_t data[256]; /* a copy: it is decrypted in place */
    CHECK(packets_shot < N_SIMULCAST_PACKETS);
    packets_shot++;
    memcpy(data, packet->bytes, packet->len);
    rx.data = data;
    rx.len = packet->len;
    rx.local = addr(ENGINE_HOST, CAMERA_HOST);
    rx.remote = addr(CAMERA_HOST, CAMERA_HOST);
    OK(engine, lahn_engine_handle_datagrams(engine, now_us, &rx, 1));
  }
  drain();
}

static const char *reason_of(uint64_t reason) {
  static const char *const reasons[] = {"?",       "started",   "constraint", "paused", "resumed",
                                        "missing", "available", "restarted",  "loss",   "bandwidth"};
  return reason < sizeof reasons / sizeof reasons[0] ? reasons[reason] : "other";
}

static void say(const char *what, lahn_layer layer, const char *why) {
  if (layer.present) {
    printf("%s encoding %d, spatial %d, temporal %d%s\n", what, layer.encoding, layer.spatial,
           layer.temporal, why);
  } else {
    printf("%s nothing%s\n", what, why);
  }
}

/* Says what happened. 1 if one of the events was that this encoding flows now. */
static int flows_now(uint8_t encoding) {
  int found = 0;
  for (;;) {
    lahn_event event = LAHN_EVENT_INIT;
    OK(engine, lahn_engine_poll_event(engine, &event));
    switch (event.kind) {
      case LAHN_EVENT_NONE:
        return found;
      case LAHN_EVENT_LAYER_CHANGED:
        CHECK(event.subscription == subscription && event.a >= LAHN_LAYER_STARTED);
        say("the screen gets", event.layer, "");
        printf("  because: %s\n", reason_of(event.a));
        found = event.layer.present && event.layer.encoding == encoding;
        break;
      case LAHN_EVENT_DEMAND_CHANGED:
        CHECK(event.source == source);
        say("of the camera is wanted", event.layer, " at most");
        break;
      default: /* Ignore what you do not know. */
        break;
    }
  }
}

/* The camera runs until the event comes; from then on nothing else is shown. */
static void run_until_flows(uint8_t encoding) {
  lahn_subscription_stats stats = LAHN_SUBSCRIPTION_STATS_INIT;
  size_t before[2];
  do {
    shoot();
  } while (!flows_now(encoding));
  memcpy(before, packets_shown, sizeof before);
  shoot();
  CHECK(packets_shown[encoding] == before[encoding] + 1);
  CHECK(packets_shown[1 - encoding] == before[1 - encoding]);

  OK(engine, lahn_subscription_get_stats(engine, now_us, subscription, &stats));
  CHECK(stats.layer.present && stats.layer.encoding == encoding);
  CHECK(stats.target.present && stats.target.encoding == encoding);
  CHECK(stats.reason >= LAHN_LAYER_STARTED);
}

static lahn_constraints constraints_now(void) {
  lahn_constraints constraints = LAHN_CONSTRAINTS_INIT;
  OK(engine, lahn_subscription_constraints(engine, subscription, &constraints));
  return constraints;
}

static void set(const lahn_constraints *constraints) {
  OK(engine, lahn_subscription_set_constraints(engine, now_us, subscription, constraints));
  drain(); /* there may be a request for a key frame to send */
}

/* ---- checks -------------------------------------------------------------- */

static void check_encodings(void) {
  static const uint32_t ssrcs[] = {LOW_SSRC, HIGH_SSRC};
  lahn_encoding_stats stats = LAHN_ENCODING_STATS_INIT;
  uint32_t i;
  for (i = 0; i < 2; i++) {
    OK(engine, lahn_source_get_encoding_stats(engine, now_us, source, i, &stats));
    CHECK(stats.ssrc == ssrcs[i] && stats.rx_packets == packets_shot / 2);
    CHECK(stats.key_frames_received == packets_shot / 2 && stats.packets_lost == 0);
    printf("encoding %" PRIu32 ": %" PRIu64 " packets, %" PRIu64 " bytes\n", i, stats.rx_packets,
           stats.rx_bytes);
  }
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_source_get_encoding_stats(engine, now_us, source, 2, &stats));
}

int main(void) {
  lahn_config config = LAHN_CONFIG_INIT;
  lahn_constraints constraints = LAHN_CONSTRAINTS_INIT;
  lahn_subscription_stats stats = LAHN_SUBSCRIPTION_STATS_INIT;
  lahn_endpoint_stats link = LAHN_ENDPOINT_STATS_INIT;
  lahn_encoding encodings[2] = {{LOW_SSRC, 0, {'l'}}, {HIGH_SSRC, 0, {'h'}}};
  lahn_endpoint_id camera, screen;
  lahn_event event = LAHN_EVENT_INIT;
  size_t before;

  memset(config.seed, 1, sizeof config.seed); /* a run that can be repeated */
  config.congestion_off = 1; /* no link bounds anything here, so the best comes at once */
  OK(NULL, lahn_engine_new(&config, &engine));
  OK(engine, lahn_conference_open(engine, &conference));
  camera = add_endpoint(CAMERA_HOST, FROM_CAMERA, TO_CAMERA);
  screen = add_endpoint(SCREEN_HOST, FROM_SCREEN, TO_SCREEN);
  set_session(camera, encodings, 2, 0);
  while (event.kind != LAHN_EVENT_SOURCE_ADDED) {
    OK(engine, lahn_engine_poll_event(engine, &event));
    CHECK(event.kind != LAHN_EVENT_NONE);
  }
  source = event.source;
  OK(engine, lahn_subscribe(engine, now_us, screen, source, &subscription));
  set_session(screen, NULL, 0, SCREEN_SSRC);
  drain();

  /* Nothing is limited unless somebody says so: the screen gets the best. */
  CHECK(constraints_now().max_spatial == LAHN_NO_LIMIT && constraints_now().priority == 128);
  run_until_flows(HIGH);

  /* The lowest layer will do. What was set is what is told. */
  constraints.max_width = 320;
  constraints.max_spatial = 0;
  constraints.on_stage = 1;
  constraints.unpausable = 1;
  set(&constraints);
  CHECK(constraints_now().max_width == 320 && constraints_now().max_spatial == 0);
  CHECK(constraints_now().on_stage == 1 && constraints_now().max_height == 0);
  CHECK(constraints_now().unpausable == 1);
  run_until_flows(LOW);

  /* What is refused changes nothing. */
  constraints.struct_size = 4;
  constraints.max_spatial = 1;
  REFUSED(engine, LAHN_ERR_ARGUMENT,
          lahn_subscription_set_constraints(engine, now_us, subscription, &constraints));
  CHECK(constraints_now().max_spatial == 0);
  constraints.struct_size = sizeof constraints;

  /* Paused, nothing flows; the other constraints stay. */
  OK(engine, lahn_subscription_set_paused(engine, now_us, subscription, 1));
  CHECK(constraints_now().paused == 1 && constraints_now().max_spatial == 0);
  before = packets_shown[LOW] + packets_shown[HIGH];
  shoot();
  CHECK(packets_shown[LOW] + packets_shown[HIGH] == before);
  OK(engine, lahn_subscription_get_stats(engine, now_us, subscription, &stats));
  CHECK(!stats.layer.present && !stats.paused_by_bandwidth && !stats.limited_by_bandwidth);
  CHECK(!flows_now(LOW));

  /* Nothing is known of its link, and nobody asks. */
  OK(engine, lahn_endpoint_set_bitrate_limits(engine, now_us, screen, 1000000, 0));
  OK(engine, lahn_endpoint_get_stats(engine, now_us, screen, &link));
  CHECK(link.congestion_state == LAHN_CONGESTION_OFF && link.target_bps == 0);

  /* And back, without a limit. */
  constraints.max_width = 0;
  constraints.max_spatial = LAHN_NO_LIMIT;
  set(&constraints);
  CHECK(constraints_now().paused == 0);
  run_until_flows(HIGH);

  check_encodings();
  lahn_engine_free(engine);
  puts("one camera, two pictures: all as it should be");
  return 0;
}
