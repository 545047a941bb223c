/* Two endpoints against each other, each in an engine of its own, over SRTP:
 *
 *   camera ------> left ------> right ------> screen
 *
 * The arrow in the middle is the point: left's endpoint and right's endpoint are each other's
 * peer. What left forwards it seals with a key of its own; right has to open it, take it for a
 * source, and forward it once more. Reports and key-frame requests go the other way.
 *
 * There is no network: what one engine wants sent is handed to the other. There is no signalling
 * either: the endpoints are raw, which means that keys, addresses and payload types are simply
 * known (sdp.c has the other way). The camera is a can of sealed packets (sealed_packets.h).
 *
 * By hand: see ffi/README.md. */
#include <inttypes.h>
#include <string.h>

#include "check.h"
#include "sealed_packets.h"

enum {
  KEY_LEN = 28, /* SRTP_AEAD_AES_128_GCM: 16 bytes of key, 12 of salt */
  TAG_LEN = 16,
  PAYLOAD_TYPE = 96,
  CAMERA_SSRC = 0x11111111,
  WIRE_SSRC = 0x22222222,
  SCREEN_SSRC = 0x33333333
};

/* First byte of the demo key for each direction of each leg. A real program has keys from DTLS. */
enum { FROM_CAMERA = 0x10, TO_CAMERA, TO_RIGHT, TO_LEFT, TO_SCREEN, FROM_SCREEN };

/* Last byte of an address 192.0.2.x; each leg has a port of its own. */
enum { CAMERA_HOST = 1, LEFT_HOST, RIGHT_HOST, SCREEN_HOST };
enum { CAMERA_PORT = 5001, WIRE_PORT, SCREEN_PORT };

/* The name of the one media section that each endpoint has. */
static const char MID[16] = "video";

typedef struct site {
  const char *name;
  lahn_engine *engine;
  lahn_conference_id conference;
} site;

static site left, right;
static uint64_t now_us = 1000000;

/* What came out at the ends. */
static struct {
  size_t rtp, rtcp, rtp_bytes;
  uint8_t packets[64][256]; /* sealed RTP, as the screen got it */
  size_t lens[64];
} screen;
static size_t rtcp_to_camera;
static size_t wire_datagrams;

/* ---- making things ------------------------------------------------------- */

static void open_site(site *s, const char *name) {
  lahn_config config = LAHN_CONFIG_INIT;
  memset(config.seed, name[0], sizeof config.seed); /* a run that can be repeated */
  s->name = name;
  OK(NULL, lahn_engine_new(&config, &s->engine));
  OK(s->engine, lahn_conference_open(s->engine, &s->conference));
}

static lahn_addr addr(uint8_t host, uint16_t port) {
  lahn_addr a = LAHN_ADDR_INIT;
  a.family = 4;
  a.ip[0] = 192;
  a.ip[2] = 2;
  a.ip[3] = host;
  a.port = port;
  return a;
}

static void demo_key(uint8_t key[KEY_LEN], uint8_t first) {
  uint8_t i;
  for (i = 0; i < KEY_LEN; i++) {
    key[i] = (uint8_t)(first + i);
  }
}

static lahn_endpoint_id add_endpoint(site *s, lahn_addr local, lahn_addr remote, uint8_t rx_key,
                                     uint8_t tx_key) {
  lahn_transport_params params = LAHN_TRANSPORT_PARAMS_INIT;
  lahn_endpoint_id endpoint = LAHN_ID_NONE;
  uint8_t rx[KEY_LEN], tx[KEY_LEN];
  demo_key(rx, rx_key);
  demo_key(tx, tx_key);
  params.profile = LAHN_SRTP_AEAD_AES_128_GCM;
  params.rx_key = rx;
  params.rx_key_len = sizeof rx;
  params.tx_key = tx;
  params.tx_key_len = sizeof tx;
  params.local = local;
  params.remote = remote;
  OK(s->engine, lahn_endpoint_add_raw(s->engine, now_us, s->conference, &params, &endpoint));
  return endpoint;
}

/* One video section of VP8: received as receive_ssrc, or sent as send_ssrc. */
static void set_session(site *s, lahn_endpoint_id endpoint, uint32_t receive_ssrc,
                        uint32_t send_ssrc) {
  static const char vp8_name[] = "video/VP8";
  lahn_codec vp8 = {LAHN_STR_INIT, 0, 0, 0, 0, {0}};
  lahn_encoding encoding = {0, 0, {0}};
  lahn_media media = LAHN_MEDIA_INIT;
  vp8.mime_type.ptr = vp8_name;
  vp8.mime_type.len = strlen(vp8_name);
  vp8.payload_type = PAYLOAD_TYPE;
  vp8.feedback = LAHN_FEEDBACK_NACK | LAHN_FEEDBACK_PLI;
  encoding.ssrc = receive_ssrc;
  media.kind = LAHN_MEDIA_VIDEO;
  memcpy(media.mid, MID, sizeof media.mid);
  media.codecs = &vp8;
  media.n_codecs = 1;
  media.encodings = &encoding;
  media.n_encodings = receive_ssrc != 0 ? 1 : 0;
  media.send_ssrc = send_ssrc;
  OK(s->engine, lahn_endpoint_set_session(s->engine, now_us, endpoint, &media, 1, 1));
}

/* ---- the loop ------------------------------------------------------------ */

static lahn_event next_event(site *s) {
  lahn_event event = LAHN_EVENT_INIT;
  OK(s->engine, lahn_engine_poll_event(s->engine, &event));
  return event;
}

/* Passes over other events; exits if it never comes. */
static lahn_event await_event(site *s, lahn_event_kind kind) {
  lahn_event event;
  do {
    event = next_event(s);
    CHECK(event.kind != LAHN_EVENT_NONE);
  } while (event.kind != kind);
  printf("%s: event %" PRIu32 "\n", s->name, event.kind);
  return event;
}

static void feed(site *s, uint8_t *data, size_t len, lahn_addr local, lahn_addr remote) {
  lahn_rx rx = {NULL, 0, LAHN_ADDR_INIT, LAHN_ADDR_INIT, 0, {0}};
  rx.data = data;
  rx.len = len;
  rx.local = local;
  rx.remote = remote;
  OK(s->engine, lahn_engine_handle_datagrams(s->engine, now_us, &rx, 1));
}

/* RFC 5761 section 4: RTCP packet types are 192-223 where RTP has marker and payload type. */
static int is_rtcp(const uint8_t *data) { return data[1] >= 192 && data[1] <= 223; }

static void arrive(uint8_t *data, const lahn_tx *tx) {
  CHECK(tx->len >= 12);
  switch (tx->remote.ip[3]) {
    case LEFT_HOST:
      wire_datagrams++;
      feed(&left, data, tx->len, tx->remote, tx->local);
      break;
    case RIGHT_HOST:
      wire_datagrams++;
      feed(&right, data, tx->len, tx->remote, tx->local);
      break;
    case CAMERA_HOST:
      CHECK(is_rtcp(data));
      rtcp_to_camera++;
      break;
    default:
      CHECK(tx->remote.ip[3] == SCREEN_HOST && tx->remote.port == SCREEN_PORT);
      if (is_rtcp(data)) {
        screen.rtcp++;
        break;
      }
      CHECK(screen.rtp < 64 && tx->len <= 256);
      memcpy(screen.packets[screen.rtp], data, tx->len);
      screen.lens[screen.rtp++] = tx->len;
      screen.rtp_bytes += tx->len;
  }
}

/* Sends what is due. 0: nothing was. */
static size_t drain(site *s) {
  uint8_t arena[8 * 1500];
  lahn_tx tx[8];
  size_t n = 0, i;
  OK(s->engine, lahn_engine_poll_transmit(s->engine, now_us, arena, sizeof arena, tx, 8, &n));
  for (i = 0; i < n; i++) {
    CHECK(tx[i].offset + tx[i].len <= sizeof arena);
    arrive(arena + tx[i].offset, &tx[i]);
  }
  return n;
}

static void settle(void) {
  while (drain(&left) + drain(&right) > 0) {
  }
}

/* Lets time pass, from deadline to deadline. */
static void pass(uint64_t us) {
  uint64_t end = now_us + us;
  for (;;) {
    uint64_t a = LAHN_NEVER, b = LAHN_NEVER, next;
    OK(left.engine, lahn_engine_poll_timeout(left.engine, &a));
    OK(right.engine, lahn_engine_poll_timeout(right.engine, &b));
    next = a < b ? a : b;
    if (next > end) {
      break;
    }
    now_us = next > now_us ? next : now_us + 1;
    OK(left.engine, lahn_engine_handle_timeout(left.engine, now_us));
    OK(right.engine, lahn_engine_handle_timeout(right.engine, now_us));
    settle();
  }
  now_us = end;
}

static void shoot(const sealed_packet *packet) {
  uint8_t data[256]; /* a copy: it is decrypted in place */
  memcpy(data, packet->bytes, packet->len);
  feed(&left, data, packet->len, addr(LEFT_HOST, CAMERA_PORT), addr(CAMERA_HOST, CAMERA_PORT));
  settle();
}

/* ---- checks -------------------------------------------------------------- */

static uint32_t be32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }

/* What the screen got is what the camera sent, under other names and another key. */
static void check_screen(size_t n) {
  const uint8_t *first = screen.packets[0];
  size_t i;
  CHECK(screen.rtp == n);
  for (i = 0; i < n; i++) {
    const uint8_t *got = screen.packets[i], *sent = sealed_packets[i].bytes;
    CHECK(screen.lens[i] == sealed_packets[i].len);
    CHECK(got[1] == sent[1]); /* marker and payload type */
    CHECK(be16(got + 2) == (uint16_t)(be16(first + 2) + i));
    CHECK(be32(got + 4) - be32(first + 4) == be32(sent + 4) - be32(sealed_packets[0].bytes + 4));
    CHECK(be32(got + 8) == SCREEN_SSRC);
    CHECK(memcmp(got + 12, sent + 12, screen.lens[i] - 12) != 0);
  }
}

static lahn_endpoint_stats stats_of(const site *s, lahn_endpoint_id endpoint) {
  lahn_endpoint_stats stats = LAHN_ENDPOINT_STATS_INIT;
  OK(s->engine, lahn_endpoint_get_stats(s->engine, now_us, endpoint, &stats));
  return stats;
}

static void print_stats(const site *s, const char *name, lahn_endpoint_id endpoint) {
  lahn_endpoint_stats stats = stats_of(s, endpoint);
  printf("%s: %-6s in %3" PRIu64 " (%5" PRIu64 " bytes), out %3" PRIu64 " (%5" PRIu64
         " bytes), dropped %" PRIu64 "\n",
         s->name, name, stats.rx_packets, stats.rx_bytes, stats.tx_packets, stats.tx_bytes,
         stats.dropped);
}

static void check_served(const site *s, lahn_subscription_id subscription) {
  lahn_subscription_info info = LAHN_SUBSCRIPTION_INFO_INIT;
  OK(s->engine, lahn_subscription_get_info(s->engine, subscription, &info));
  CHECK(info.negotiated == 1 && info.paused == 0);
  CHECK(memcmp(info.mid, MID, sizeof info.mid) == 0);
}

int main(void) {
  lahn_endpoint_id camera, to_right, to_left, to_screen;
  lahn_subscription_id forward, show;
  lahn_subscription_stats shown = LAHN_SUBSCRIPTION_STATS_INIT;
  lahn_event event;
  uint64_t unknown = 0;
  size_t i;

  CHECK(lahn_abi_version() == LAHN_ABI_VERSION);
  printf("lahn %s\n", lahn_version());
  open_site(&left, "left");
  open_site(&right, "right");

  /* The endpoints, and what their peers send. */
  camera = add_endpoint(&left, addr(LEFT_HOST, CAMERA_PORT), addr(CAMERA_HOST, CAMERA_PORT),
                        FROM_CAMERA, TO_CAMERA);
  to_right = add_endpoint(&left, addr(LEFT_HOST, WIRE_PORT), addr(RIGHT_HOST, WIRE_PORT), TO_LEFT,
                          TO_RIGHT);
  to_left = add_endpoint(&right, addr(RIGHT_HOST, WIRE_PORT), addr(LEFT_HOST, WIRE_PORT), TO_RIGHT,
                         TO_LEFT);
  to_screen = add_endpoint(&right, addr(RIGHT_HOST, SCREEN_PORT), addr(SCREEN_HOST, SCREEN_PORT),
                           FROM_SCREEN, TO_SCREEN);
  set_session(&left, camera, CAMERA_SSRC, 0);
  set_session(&right, to_left, WIRE_SSRC, 0);

  /* Who receives what: the camera goes from left to right, and from there to the screen. */
  event = await_event(&left, LAHN_EVENT_SOURCE_ADDED);
  CHECK(event.endpoint == camera && event.a == LAHN_MEDIA_VIDEO);
  OK(left.engine, lahn_subscribe(left.engine, now_us, to_right, event.source, &forward));
  set_session(&left, to_right, 0, WIRE_SSRC);
  check_served(&left, forward);

  event = await_event(&right, LAHN_EVENT_SOURCE_ADDED);
  CHECK(event.endpoint == to_left && event.a == LAHN_MEDIA_VIDEO);
  OK(right.engine, lahn_subscribe(right.engine, now_us, to_screen, event.source, &show));
  set_session(&right, to_screen, 0, SCREEN_SSRC);
  check_served(&right, show);
  settle();

  /* The camera runs, all but its last packet. */
  for (i = 0; i + 1 < N_SEALED_PACKETS; i++) {
    pass(33000);
    shoot(&sealed_packets[i]);
  }
  check_screen(N_SEALED_PACKETS - 1);
  CHECK(await_event(&left, LAHN_EVENT_LAYER_CHANGED).subscription == forward);
  event = await_event(&right, LAHN_EVENT_LAYER_CHANGED);
  CHECK(event.subscription == show && event.a == LAHN_LAYER_STARTED && event.layer.present);

  /* Somebody plays tricks: a replay, a forgery, rubbish from nowhere. Each is counted. */
  {
    sealed_packet forged = sealed_packets[N_SEALED_PACKETS - 1];
    uint8_t rubbish[40];
    forged.bytes[forged.len - 1] ^= 1;
    memset(rubbish, 0x99, sizeof rubbish);
    shoot(&sealed_packets[0]);
    shoot(&forged);
    feed(&left, rubbish, sizeof rubbish, addr(LEFT_HOST, CAMERA_PORT), addr(99, 9));
    CHECK(stats_of(&left, camera).replays == 1);
    CHECK(stats_of(&left, camera).auth_failures == 1);
    OK(left.engine, lahn_engine_get_dropped(left.engine, &unknown));
    CHECK(unknown == 1);
  }

  /* And the camera goes on. */
  shoot(&sealed_packets[N_SEALED_PACKETS - 1]);
  check_screen(N_SEALED_PACKETS);

  /* Reports flow both ways. */
  pass(3000000);
  CHECK(rtcp_to_camera > 0);
  CHECK(screen.rtcp > 0);
  CHECK(stats_of(&left, to_right).rx_packets > 0);
  CHECK(stats_of(&left, to_right).dropped == 0);
  CHECK(stats_of(&right, to_left).dropped == 0);
  CHECK(stats_of(&right, to_left).rx_packets == stats_of(&left, to_right).tx_packets);
  OK(right.engine, lahn_subscription_get_stats(right.engine, now_us, show, &shown));
  CHECK(shown.tx_packets == N_SEALED_PACKETS && shown.ssrc == SCREEN_SSRC);

  print_stats(&left, "camera", camera);
  print_stats(&left, "right", to_right);
  print_stats(&right, "left", to_left);
  print_stats(&right, "screen", to_screen);
  printf("wire: %zu datagrams both ways; to the screen: %zu RTP (%zu bytes), %zu RTCP; to the "
         "camera: %zu RTCP\n",
         wire_datagrams, screen.rtp, screen.rtp_bytes, screen.rtcp, rtcp_to_camera);

  /* The camera leaves: its source goes, then it does, and its id names nothing any more. */
  OK(left.engine, lahn_endpoint_remove(left.engine, now_us, camera));
  CHECK(await_event(&left, LAHN_EVENT_SOURCE_REMOVED).endpoint == camera);
  event = await_event(&left, LAHN_EVENT_ENDPOINT_CLOSED);
  CHECK(event.endpoint == camera && event.a == LAHN_CLOSE_REMOVED);
  REFUSED(NULL, LAHN_ERR_STALE_ID, lahn_endpoint_remove(left.engine, now_us, camera));
  REFUSED(NULL, LAHN_ERR_STALE_ID, lahn_unsubscribe(left.engine, now_us, forward));
  settle();

  lahn_engine_free(left.engine);
  lahn_engine_free(right.engine);
  puts("two endpoints, one camera, one screen: all as it should be");
  return 0;
}
