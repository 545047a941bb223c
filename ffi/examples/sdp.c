/* The other way to add endpoints: SDP offer in, SDP answer out.
 *
 *   sdp chromium_offer.sdp
 *
 * takes the offer in that file as a browser's, prints our answer, and shows what becomes of offers
 * that make no sense. By hand: see ffi/README.md. */
#include <string.h>

#include "check.h"

static lahn_str str(const char *text, size_t len) {
  lahn_str s = LAHN_STR_INIT;
  s.ptr = text;
  s.len = len;
  return s;
}

static size_t read_file(const char *path, char *buf, size_t cap) {
  FILE *file = fopen(path, "rb");
  size_t len;
  CHECK(file != NULL);
  len = fread(buf, 1, cap, file);
  CHECK(len < cap);
  fclose(file);
  return len;
}

static int contains(const char *text, size_t len, const char *word) {
  size_t n = strlen(word), i;
  for (i = 0; i + n <= len; i++) {
    if (memcmp(text + i, word, n) == 0) {
      return 1;
    }
  }
  return 0;
}

/* An offer that makes no sense is refused, with a reason, and the endpoint stays as it was. */
static void check_refused(lahn_engine *engine, lahn_endpoint_id endpoint, const char *what,
                          const char *offer, size_t offer_len) {
  char answer[64], reason[512];
  size_t len = 77, reason_len = 0;
  REFUSED(engine, LAHN_ERR_SDP,
          lahn_endpoint_accept_offer(engine, 0, endpoint, str(offer, offer_len), answer,
                                     sizeof answer, &len));
  CHECK(len == 77); /* outputs are untouched */
  OK(engine, lahn_engine_last_error(engine, reason, sizeof reason, &reason_len));
  CHECK(reason_len > 0);
  printf("%s: refused: %.*s\n", what, (int)reason_len, reason);
}

int main(int argc, char **argv) {
  static char offer[65536], answer[65536], again[65536];
  static const char no_media[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  static const char absurd[] = "v=0\r\nm=video -7 CARRIER/PIGEON 999999999999\r\na=mid:\r\n";
  lahn_config config = LAHN_CONFIG_INIT;
  lahn_addr local = LAHN_ADDR_INIT;
  lahn_engine *engine = NULL;
  lahn_conference_id conference = LAHN_ID_NONE;
  lahn_endpoint_id endpoint = LAHN_ID_NONE;
  lahn_source_id sources[8];
  size_t offer_len, len = 0, n = 0, i;

  CHECK(argc == 2);
  offer_len = read_file(argv[1], offer, sizeof offer);
  OK(NULL, lahn_engine_new(&config, &engine));
  OK(engine, lahn_conference_open(engine, &conference));
  local.family = 4;
  local.ip[0] = 192;
  local.ip[2] = 2;
  local.ip[3] = 7;
  local.port = 5004;
  OK(engine, lahn_endpoint_add(engine, 0, conference, &local, 1, &endpoint));

  check_refused(engine, endpoint, "nothing", "", 0);
  check_refused(engine, endpoint, "absurd", absurd, sizeof absurd - 1);
  check_refused(engine, endpoint, "half an offer", offer, 300);
  check_refused(engine, endpoint, "no media", no_media, sizeof no_media - 1);

  /* The answer does not fit: the offer is accepted all the same, the answer waits. */
  REFUSED(engine, LAHN_ERR_TOO_SMALL,
          lahn_endpoint_accept_offer(engine, 0, endpoint, str(offer, offer_len), answer, 10, &len));
  CHECK(len > 10);
  i = len;
  OK(engine, lahn_endpoint_take_sdp(engine, endpoint, answer, i, &len));
  CHECK(len == i);
  printf("%.*s", (int)len, answer);
  CHECK(memcmp(answer, "v=0\r\n", 5) == 0);
  CHECK(contains(answer, len, "a=ice-lite"));
  CHECK(contains(answer, len, "192.0.2.7 5004 typ host"));
  CHECK(contains(answer, len, "a=fingerprint:"));
  CHECK(contains(answer, len, "m=audio") && contains(answer, len, "m=video"));
  REFUSED(engine, LAHN_ERR_STATE, lahn_endpoint_take_sdp(engine, endpoint, answer, i, &len));

  /* What the browser sends are sources now. */
  OK(engine, lahn_conference_sources(engine, conference, sources, 8, &n));
  CHECK(n == 2);
  for (i = 0; i < n; i++) {
    lahn_source_info info = LAHN_SOURCE_INFO_INIT;
    OK(engine, lahn_source_get_info(engine, sources[i], &info));
    CHECK(info.endpoint == endpoint && info.n_encodings == 1);
    printf("source: %s, mid %.16s\n", info.kind == LAHN_MEDIA_AUDIO ? "audio" : "video", info.mid);
  }

  /* The same offer once more is a re-offer, and rubbish does not harm what is negotiated. */
  check_refused(engine, endpoint, "absurd re-offer", absurd, sizeof absurd - 1);
  OK(engine, lahn_endpoint_accept_offer(engine, 0, endpoint, str(offer, offer_len), again,
                                        sizeof again, &len));
  OK(engine, lahn_conference_sources(engine, conference, sources, 8, &n));
  CHECK(n == 2);

  /* Nobody asked us to send anything, so there is nothing to offer. */
  OK(engine, lahn_endpoint_create_offer(engine, 0, endpoint, again, sizeof again, &len));
  CHECK(len == 0);
  lahn_engine_free(engine);
  puts("offer and answer: all as it should be");
  return 0;
}
