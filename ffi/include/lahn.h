/*
 * lahn.h - the C API of lahn, a media engine for Selective Forwarding Units (RFC 7667 section
 * 3.7). Written by cbindgen from the Rust sources; do not edit.
 *
 * Conventions (each holds for every function unless its comment says otherwise)
 *
 *  Results    Every function that may fail returns lahn_result: LAHN_OK, or below 0 an error;
 *             never a count. Numbers are never reused or renumbered. lahn_engine_last_error has
 *             a text.
 *  Outputs    Out-parameters come last and are written only on LAHN_OK. The one exception: sizes
 *             (*_len_out, n_out) are also written on LAHN_ERR_TOO_SMALL, where the comment of the
 *             function says so.
 *  Errors     A call that is refused has changed nothing. The one exception: an offer or answer
 *             that does not fit its buffer is kept (lahn_endpoint_take_sdp).
 *  Ownership  lahn_engine_new gives the caller a handle; lahn_engine_free ends it. Pointers passed
 *             in are borrowed for the call only, aligned for their type, and lead to as much
 *             memory as the parameters beside them say. The library never hands out memory that
 *             the caller must free, nor frees the caller's.
 *  Ids        Conferences, endpoints, sources and subscriptions are numbers (slot and
 *             generation), never 0 (LAHN_ID_NONE). An id whose thing is gone, or that never was
 *             one, gives LAHN_ERR_STALE_ID, never undefined behaviour. Ids belong to the engine
 *             that gave them.
 *  Strings    UTF-8, pointer and length, no NUL needed. (NULL, 0) is an empty string.
 *  Arrays     Pointer and count. (NULL, 0) is an empty array.
 *  Structs    Those that begin with struct_size may grow at their end: initialise them with their
 *             _INIT macro, and a program compiled against an older header goes on working. The
 *             others never change. None has padding. Fields called reserved are 0.
 *  Time       now_us is the newest time, in microseconds, on one monotonic clock of the caller's
 *             choosing, the same for all calls on an engine, below 2^62 / 1000. Time that goes
 *             back is taken as the newest seen. The library reads no clock for media.
 *  Threads    Any call may come from any thread. Calls that take a const lahn_engine* may run side
 *             by side; any other excludes all: use a lock if there is more than one thread. A call
 *             that finds another one running gets LAHN_ERR_REENTRANT and does nothing.
 *  Panics     A bug in the library never unwinds into C. The call returns LAHN_ERR_PANIC and the
 *             handle is poisoned: every later call on it but lahn_engine_free and
 *             lahn_engine_last_error returns LAHN_ERR_POISONED.
 *  Output     The library prints nothing.
 *
 * The loop
 *
 *    for (;;) {
 *      wait for a datagram, a wish of the application's, or the deadline;
 *      lahn_engine_handle_datagrams, lahn_subscribe ..., or lahn_engine_handle_timeout;
 *      lahn_engine_poll_transmit until *n_out is 0, sending what it gives;
 *      lahn_engine_poll_event until LAHN_EVENT_NONE;
 *      lahn_engine_poll_timeout for the next deadline;
 *    }
 */


#ifndef LAHN_H
#define LAHN_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && !defined(LAHN_STATIC)
#define LAHN_API __declspec(dllimport)
#elif defined(__GNUC__)
#define LAHN_API __attribute__((visibility("default")))
#else
#define LAHN_API
#endif

#if defined(__GNUC__)
#define LAHN_MUST_USE __attribute__((warn_unused_result))
#else
#define LAHN_MUST_USE
#endif

/* The id of nothing. */
#define LAHN_ID_NONE 0
/* lahn_engine_poll_timeout: no deadline. */
#define LAHN_NEVER UINT64_MAX
/* lahn_constraints.max_spatial and .max_temporal: no limit. */
#define LAHN_NO_LIMIT 255

/* What the structs that may grow start from. */
#define LAHN_CONFIG_INIT {(uint32_t)sizeof(lahn_config), 0, 0, 0, 0, 0, 0, {0}, 0, 0, 0, 0, 0}
#define LAHN_ADDR_INIT {{0}, 0, 0, 0, 0}
#define LAHN_STR_INIT {NULL, 0}
#define LAHN_TRANSPORT_PARAMS_INIT                                                                \
  {(uint32_t)sizeof(lahn_transport_params), 0, NULL, 0, NULL, 0, LAHN_ADDR_INIT, LAHN_ADDR_INIT}
#define LAHN_MEDIA_INIT                                                                           \
  {(uint32_t)sizeof(lahn_media), 0, {0}, NULL, 0, NULL, 0, NULL, 0, LAHN_STR_INIT, LAHN_STR_INIT, \
   0, 0}
#define LAHN_LAYER_INIT {0, 0, 0, 0}
#define LAHN_CONSTRAINTS_INIT                                                                     \
  {(uint32_t)sizeof(lahn_constraints), 0, 0, 0, LAHN_NO_LIMIT, LAHN_NO_LIMIT, 128, 0, 0, 0}
#define LAHN_EVENT_INIT {(uint32_t)sizeof(lahn_event), 0, 0, 0, 0, 0, 0, LAHN_LAYER_INIT, 0}
#define LAHN_SOURCE_INFO_INIT {(uint32_t)sizeof(lahn_source_info), 0, 0, {0}, 0, 0}
#define LAHN_SUBSCRIPTION_INFO_INIT                                                               \
  {(uint32_t)sizeof(lahn_subscription_info), 0, 0, {0}, 0, 0, {0}}
#define LAHN_ENDPOINT_STATS_INIT                                                                  \
  {(uint32_t)sizeof(lahn_endpoint_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
#define LAHN_SUBSCRIPTION_STATS_INIT                                                              \
  {(uint32_t)sizeof(lahn_subscription_stats), 0, LAHN_LAYER_INIT, 0, 0, 0, 0, 0, 0, 0, 0, 0,      \
   LAHN_LAYER_INIT, 0, 0, 0}
#define LAHN_ENCODING_STATS_INIT                                                                  \
  {(uint32_t)sizeof(lahn_encoding_stats), 0, {0}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    \
   0, 0, 0}


// Grows when a program compiled against an older header would no longer work.
#define LAHN_ABI_VERSION 3

// Of the header.
#define LAHN_VERSION_MAJOR 0

// Of the header.
#define LAHN_VERSION_MINOR 1

// Of the header.
#define LAHN_VERSION_PATCH 0

// lahn_codec.feedback: generic NACK (RFC 4585 section 6.2.1).
#define LAHN_FEEDBACK_NACK 1

// lahn_codec.feedback: PLI (RFC 4585 section 6.3.1).
#define LAHN_FEEDBACK_PLI 2

// lahn_codec.feedback: FIR (RFC 5104 section 4.3.1).
#define LAHN_FEEDBACK_FIR 4

// lahn_codec.feedback: transport-wide congestion control.
#define LAHN_FEEDBACK_TRANSPORT_CC 8

// lahn_codec.feedback: REMB.
#define LAHN_FEEDBACK_REMB 16

// lahn_codec.feedback: congestion control feedback (RFC 8888).
#define LAHN_FEEDBACK_CCFB 32

// The numbers of lahn_result.
enum lahn_result_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Done.
  LAHN_OK = 0,
  // A required pointer was NULL.
  LAHN_ERR_NULL = -1,
  // Out of range, bad UTF-8, bad struct_size, a reserved field that is not 0.
  LAHN_ERR_ARGUMENT = -2,
  // The id names nothing, or no longer does.
  LAHN_ERR_STALE_ID = -3,
  // The buffer is too small.
  LAHN_ERR_TOO_SMALL = -4,
  // A limit of lahn_config was reached.
  LAHN_ERR_LIMIT = -5,
  // Not possible in the present state.
  LAHN_ERR_STATE = -6,
  // The session description was refused: malformed, or nothing in common.
  LAHN_ERR_SDP = -7,
  // Known, but not in this build or on this system.
  LAHN_ERR_UNSUPPORTED = -8,
  // The operating system refused (no random numbers for the seed).
  LAHN_ERR_OS = -9,
  // Another call on this handle is running, in this thread or another.
  LAHN_ERR_REENTRANT = -10,
  // A call on this handle ended in LAHN_ERR_PANIC before.
  LAHN_ERR_POISONED = -11,
  // A bug in the library; the handle is poisoned.
  LAHN_ERR_PANIC = -12,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_result_code lahn_result_code;
#else
typedef int32_t lahn_result_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Audio or video.
enum lahn_media_kind_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Sound.
  LAHN_MEDIA_AUDIO = 1,
  // Pictures.
  LAHN_MEDIA_VIDEO = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_media_kind_code lahn_media_kind_code;
#else
typedef uint32_t lahn_media_kind_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What an event tells, and which fields of lahn_event it uses.
enum lahn_event_kind_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Nothing happened.
  LAHN_EVENT_NONE = 0,
  // ICE and DTLS are done, media flows from now on. endpoint; a = SRTP profile (as in
  // lahn_srtp_profile_code).
  LAHN_EVENT_ENDPOINT_CONNECTED = 1,
  // An endpoint is gone, with its sources and subscriptions. endpoint (stale now); a = enum
  // lahn_close_reason_code.
  LAHN_EVENT_ENDPOINT_CLOSED = 2,
  // An endpoint publishes something that can be subscribed to. source, endpoint; a = enum
  // lahn_media_kind_code.
  LAHN_EVENT_SOURCE_ADDED = 3,
  // A source is gone, with the subscriptions to it. source (stale now), endpoint.
  LAHN_EVENT_SOURCE_REMOVED = 4,
  // A subscription gets another layer than before, or none; the first packet of it is on its
  // way. subscription, layer; a = enum lahn_layer_reason_code.
  LAHN_EVENT_LAYER_CHANGED = 5,
  // What is sent to an endpoint changed and it has to be told: lahn_endpoint_create_offer, then
  // lahn_endpoint_accept_answer. Comes once until then. endpoint.
  LAHN_EVENT_NEGOTIATION_NEEDED = 8,
  // Events were lost, as nobody polled; a = how many. Look at the statistics to catch up.
  LAHN_EVENT_OVERFLOW = 9,
  // The best layer that anybody wants of a source is another than before, or nobody wants any.
  // What lies above, its publisher may be told to stop. source, layer.
  LAHN_EVENT_DEMAND_CHANGED = 11,
  // What the link of an endpoint is taken to carry is another rate than before by a tenth or
  // more, or congestion control does something else. endpoint; a = bit/s, b = enum
  // lahn_congestion_state_code in its low 32 bits, enum lahn_congestion_reason_code above.
  LAHN_EVENT_BANDWIDTH_CHANGED = 12,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_event_kind_code lahn_event_kind_code;
#else
typedef uint32_t lahn_event_kind_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Why an endpoint was closed.
enum lahn_close_reason_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // By a call: lahn_endpoint_remove or lahn_conference_close.
  LAHN_CLOSE_REMOVED = 1,
  // The peer said goodbye (DTLS close_notify).
  LAHN_CLOSE_PEER = 2,
  // It did not connect in time.
  LAHN_CLOSE_CONNECT_TIMEOUT = 3,
  // Its consent ran out: no ICE check for too long (RFC 7675).
  LAHN_CLOSE_IDLE_TIMEOUT = 4,
  // DTLS failed for good: a wrong certificate, no common version, too many losses.
  LAHN_CLOSE_HANDSHAKE_FAILED = 5,
  // Its SRTP keys are used up (RFC 3711 section 9.2).
  LAHN_CLOSE_KEYS_EXHAUSTED = 6,
  // DTLS ended without an SRTP profile that both have.
  LAHN_CLOSE_NO_COMMON_SRTP_PROFILE = 7,
  // For a reason that this build has no number for.
  LAHN_CLOSE_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_close_reason_code lahn_close_reason_code;
#else
typedef uint32_t lahn_close_reason_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Numbers of the IANA registry "DTLS-SRTP Protection Profiles".
enum lahn_srtp_profile_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // RFC 3711; 16 bytes of key, 14 of salt.
  LAHN_SRTP_AES128_CM_SHA1_80 = 1,
  // RFC 7714; 16 bytes of key, 12 of salt.
  LAHN_SRTP_AEAD_AES_128_GCM = 7,
  // RFC 7714; 32 bytes of key, 12 of salt.
  LAHN_SRTP_AEAD_AES_256_GCM = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_srtp_profile_code lahn_srtp_profile_code;
#else
typedef uint32_t lahn_srtp_profile_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Which library does AES-GCM.
enum lahn_aead_backend_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // None: AES-CM was agreed on, or nothing yet.
  LAHN_AEAD_NONE = 0,
  // ring.
  LAHN_AEAD_RING = 1,
  // AWS-LC, the one with a FIPS 140-3 module.
  LAHN_AEAD_AWS_LC = 2,
  // Another one.
  LAHN_AEAD_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_aead_backend_code lahn_aead_backend_code;
#else
typedef uint32_t lahn_aead_backend_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Why a subscription gets another layer than before, or none.
enum lahn_layer_reason_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // It is the first that flows.
  LAHN_LAYER_STARTED = 1,
  // The application changed the constraints (lahn_subscription_set_constraints).
  LAHN_LAYER_CONSTRAINT = 2,
  // The application paused it.
  LAHN_LAYER_PAUSED = 3,
  // The application resumed it.
  LAHN_LAYER_RESUMED = 4,
  // The publisher stopped sending what is wanted.
  LAHN_LAYER_MISSING = 5,
  // The publisher sends something better than before.
  LAHN_LAYER_AVAILABLE = 6,
  // The publisher started over, under another SSRC.
  LAHN_LAYER_RESTARTED = 7,
  // Packets lost on their way from the publisher broke what was forwarded.
  LAHN_LAYER_LOSS = 8,
  // The receiver's link carries no more, or carries more again.
  LAHN_LAYER_BANDWIDTH = 9,
  // For a reason that this build has no number for.
  LAHN_LAYER_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_layer_reason_code lahn_layer_reason_code;
#else
typedef uint32_t lahn_layer_reason_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What congestion control towards an endpoint does.
enum lahn_congestion_state_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // It is off, or nothing tells how packets arrive.
  LAHN_CONGESTION_OFF = 0,
  // The link carries what is sent, and more was not tried.
  LAHN_CONGESTION_HOLD = 1,
  // The estimate grows.
  LAHN_CONGESTION_INCREASE = 2,
  // The estimate was lowered.
  LAHN_CONGESTION_DECREASE = 3,
  // A standing queue is being emptied: less is sent than arrives.
  LAHN_CONGESTION_DRAIN = 4,
  // A probe is on its way.
  LAHN_CONGESTION_PROBING = 5,
  // Packets are sent and nothing is heard of them.
  LAHN_CONGESTION_SILENT = 6,
  // Something that this build has no number for.
  LAHN_CONGESTION_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_congestion_state_code lahn_congestion_state_code;
#else
typedef uint32_t lahn_congestion_state_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What bounds an estimate.
enum lahn_congestion_reason_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  // Congestion control is off.
  LAHN_BOUND_NONE = 0,
  // Nothing yet: it is where it started.
  LAHN_BOUND_START = 1,
  // Packets queue, or have begun to.
  LAHN_BOUND_DELAY = 2,
  // Packets get lost.
  LAHN_BOUND_LOSS = 3,
  // The round trip is absurdly long.
  LAHN_BOUND_ROUND_TRIP = 4,
  // The receiver said so (REMB).
  LAHN_BOUND_REMB = 5,
  // Routers marked packets (RFC 3168, RFC 9331).
  LAHN_BOUND_ECN = 6,
  // lahn_config.max_bps, or lahn_endpoint_set_bitrate_limits.
  LAHN_BOUND_LIMIT = 7,
  // A probe, or what was sent, showed that there is more.
  LAHN_BOUND_MEASURED = 8,
  // No feedback comes.
  LAHN_BOUND_NO_FEEDBACK = 9,
  // Something that this build has no number for.
  LAHN_BOUND_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum lahn_congestion_reason_code lahn_congestion_reason_code;
#else
typedef uint32_t lahn_congestion_reason_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A media engine without I/O: the caller owns sockets, threads and the clock.
typedef struct lahn_engine lahn_engine;

// LAHN_OK, or one of enum lahn_result_code, or a later code: always below 0 for an error, never
// a count.
typedef int32_t lahn_result;

// Settings of an engine; start from LAHN_CONFIG_INIT. 0 means the default.
typedef struct lahn_config {
  // sizeof(lahn_config).
  uint32_t struct_size;
  // Conferences open at a time.
  uint32_t max_conferences;
  // Endpoints alive at a time, over all conferences.
  uint32_t max_endpoints;
  // Events waiting for lahn_engine_poll_event; more are lost (LAHN_EVENT_OVERFLOW).
  uint32_t max_events;
  // How long an endpoint may take to connect.
  uint32_t connect_timeout_ms;
  // How long an endpoint may stay silent (RFC 7675: 30 s at most).
  uint32_t idle_timeout_ms;
  // What the wall clock (microseconds since 1970) showed when the caller's monotonic clock was
  // 0; sender reports carry it (RFC 3550 section 6.4.1).
  uint64_t unix_time_us_at_zero;
  // Where SSRCs and first sequence numbers come from. All 0: the library takes one from the
  // operating system. Give one for runs that can be repeated.
  uint8_t seed[32];
  // What a link is taken to carry before anything is known of it, bit/s.
  uint64_t start_bps;
  // No link is taken to carry less, bit/s.
  uint64_t min_bps;
  // No link is taken to carry more, bit/s.
  uint64_t max_bps;
  // Not 0: no congestion control; everything is sent at once, whatever the link carries.
  uint32_t congestion_off;
  // 0.
  uint32_t reserved;
} lahn_config;

// Names a conference: a set of endpoints that may receive each other's sources.
typedef uint64_t lahn_conference_id;

// Names a source: a microphone, a camera, a screen that an endpoint publishes.
typedef uint64_t lahn_source_id;

// An IP address and a port. Fixed layout on every platform; not a struct sockaddr.
typedef struct lahn_addr {
  // Network order; IPv4 in the first four. An IPv4-mapped IPv6 address, as a dual-stack socket
  // gives it, is not IPv4: unmap it.
  uint8_t ip[16];
  // Of a link-local IPv6 address (RFC 4007), else 0.
  uint32_t scope_id;
  // Host order.
  uint16_t port;
  // 4 or 6.
  uint8_t family;
  // 0.
  uint8_t reserved;
} lahn_addr;

// Names an endpoint: one participant's transport.
typedef uint64_t lahn_endpoint_id;

// UTF-8, not NUL-terminated. (NULL, 0) is an empty string.
typedef struct lahn_str {
  // The first byte.
  const char *ptr;
  // How many bytes.
  size_t len;
} lahn_str;

// One of enum lahn_srtp_profile_code.
typedef uint32_t lahn_srtp_profile;

// A transport that is already there; start from LAHN_TRANSPORT_PARAMS_INIT.
typedef struct lahn_transport_params {
  // sizeof(lahn_transport_params).
  uint32_t struct_size;
  // Which cipher.
  lahn_srtp_profile profile;
  // What the peer protects with: master key, then master salt. The caller wipes its own copy.
  const uint8_t *rx_key;
  // Length of both together.
  size_t rx_key_len;
  // What we protect with: master key, then master salt. No one else may send with it: two
  // senders with one key give both away.
  const uint8_t *tx_key;
  // Length of both together.
  size_t tx_key_len;
  // Our address.
  struct lahn_addr local;
  // The peer's.
  struct lahn_addr remote;
} lahn_transport_params;

// One of enum lahn_media_kind_code.
typedef uint32_t lahn_media_kind;

// A payload type and what it means (RFC 8866 section 6.6). Fixed layout.
typedef struct lahn_codec {
  // IANA media type, in any case: "audio/opus", "video/VP8", "video/VP9", "video/AV1",
  // "video/H264", "video/H265".
  struct lahn_str mime_type;
  // Tells apart formats of one codec that cannot stand for each other: H.264 profile-level-id
  // << 8 | packetization-mode, VP9 profile-id, AV1 profile; else 0.
  uint32_t profile;
  // LAHN_FEEDBACK_ bits.
  uint32_t feedback;
  // 0-127.
  uint8_t payload_type;
  // Of its retransmissions (RFC 4588); 0: none.
  uint8_t rtx_payload_type;
  // 0.
  uint8_t reserved[6];
} lahn_codec;

// Which identifier stands for which RTP header extension (RFC 8285). Fixed layout.
typedef struct lahn_extension {
  // As in a=extmap. One that the library does not know is ignored.
  struct lahn_str uri;
  // 1-255, without 15 if one-byte headers are used.
  uint32_t id;
  // 0.
  uint32_t reserved;
} lahn_extension;

// An encoding that the peer sends. Fixed layout.
typedef struct lahn_encoding {
  // 0: learnt from the rid and mid header extensions.
  uint32_t ssrc;
  // Of its retransmissions; 0: none, or learnt.
  uint32_t rtx_ssrc;
  // RFC 8851; padded with NUL, without one when full. All NUL without simulcast.
  char rid[16];
} lahn_encoding;

// A media section; start from LAHN_MEDIA_INIT.
typedef struct lahn_media {
  // sizeof(lahn_media).
  uint32_t struct_size;
  // Audio or video.
  lahn_media_kind kind;
  // Its name (RFC 5888); padded with NUL, without one when full.
  char mid[16];
  // Payload types, the peer's favourite first.
  const struct lahn_codec *codecs;
  // How many.
  size_t n_codecs;
  // Header extensions, both directions.
  const struct lahn_extension *extensions;
  // How many.
  size_t n_extensions;
  // What the peer sends here, low to high.
  const struct lahn_encoding *encodings;
  // How many; 0: it sends nothing here.
  size_t n_encodings;
  // msid identification of what it sends (RFC 8830): sources with the same one belong together.
  struct lahn_str stream_id;
  // msid appdata of what it sends: names the one source.
  struct lahn_str source_name;
  // Under which SSRC we send here; 0: we send nothing here.
  uint32_t send_ssrc;
  // Of our retransmissions; 0: none.
  uint32_t send_rtx_ssrc;
} lahn_media;

// What a source is; start from LAHN_SOURCE_INFO_INIT.
typedef struct lahn_source_info {
  // sizeof(lahn_source_info).
  uint32_t struct_size;
  // Audio or video.
  lahn_media_kind kind;
  // Who publishes it.
  lahn_endpoint_id endpoint;
  // The media section it is published in (RFC 5888); padded with NUL, without one when full.
  char mid[16];
  // How many encodings it has: 1 without simulcast.
  uint32_t n_encodings;
  // 0.
  uint32_t reserved;
} lahn_source_info;

// Names a subscription: one endpoint's wish for one source.
typedef uint64_t lahn_subscription_id;

// What a subscription is; start from LAHN_SUBSCRIPTION_INFO_INIT.
typedef struct lahn_subscription_info {
  // sizeof(lahn_subscription_info).
  uint32_t struct_size;
  // 1 once the receiver has agreed, so that packets flow.
  uint8_t negotiated;
  // 1 if the application paused it.
  uint8_t paused;
  // 0.
  uint8_t reserved[2];
  // Who receives.
  lahn_endpoint_id endpoint;
  // What.
  lahn_source_id source;
  // The media section on the receiver's transport; all NUL until it has one.
  char mid[16];
} lahn_subscription_info;

// What a subscription may get at most; start from LAHN_CONSTRAINTS_INIT, which limits nothing.
// The lowest layer is allowed in any case, and so is one whose size is not known yet.
typedef struct lahn_constraints {
  // sizeof(lahn_constraints).
  uint32_t struct_size;
  // Pixels; 0: no limit.
  uint16_t max_width;
  // Pixels; 0: no limit.
  uint16_t max_height;
  // Frames per second; 0: no limit.
  uint16_t max_frame_rate;
  // 0 is the lowest; counts encodings where a source has several, else spatial layers.
  // LAHN_NO_LIMIT: no limit.
  uint8_t max_spatial;
  // 0 is the lowest. LAHN_NO_LIMIT: no limit.
  uint8_t max_temporal;
  // Who keeps what when bandwidth is short: 255 first, 0 last; 128 where nobody cares.
  uint8_t priority;
  // Not 0: it is what people look at, and comes before all that is not, whatever the priority.
  uint8_t on_stage;
  // Not 0: nothing at all, as by lahn_subscription_set_paused.
  uint8_t paused;
  // Not 0: it is not left out altogether when bandwidth is short: its lowest layer goes on
  // whatever happens.
  uint8_t unpausable;
} lahn_constraints;

// A datagram that arrived.
typedef struct lahn_rx {
  // Its bytes. Decrypted in place: unspecified after the call.
  uint8_t *data;
  // How many.
  size_t len;
  // Where it arrived.
  struct lahn_addr local;
  // Where it came from.
  struct lahn_addr remote;
  // The two ECN bits of the IP header (RFC 3168); not used yet.
  uint8_t ecn;
  // 0.
  uint8_t reserved[7];
} lahn_rx;

// A datagram to send: len bytes of the arena, from offset on.
typedef struct lahn_tx {
  // Where it starts in the arena.
  size_t offset;
  // Its length in bytes.
  size_t len;
  // Where it is to leave from.
  struct lahn_addr local;
  // Where it is to go.
  struct lahn_addr remote;
  // The two ECN bits for the IP header (RFC 3168 section 5): what IP_TOS or IPV6_TCLASS is to be.
  // Datagrams that differ in it cannot leave as one GSO send.
  uint8_t ecn;
  // 0.
  uint8_t reserved[7];
} lahn_tx;

// One encoding of a source; start from LAHN_ENCODING_STATS_INIT.
typedef struct lahn_encoding_stats {
  // sizeof(lahn_encoding_stats).
  uint32_t struct_size;
  // Its SSRC; 0 until known.
  uint32_t ssrc;
  // Its restriction id (RFC 8851), if it is one of several; padded with NUL, without one when
  // full.
  char rid[16];
  // 1 if the publisher sends it now.
  uint8_t active;
  // How many spatial layers it has; 1 where nothing is known.
  uint8_t spatial_layers;
  // How many temporal layers it has; 1 where nothing is known.
  uint8_t temporal_layers;
  // 0.
  uint8_t reserved;
  // Pixels, of its highest spatial layer; 0 if unknown.
  uint16_t frame_width;
  // Pixels, of its highest spatial layer; 0 if unknown.
  uint16_t frame_height;
  // Over the last second, of all temporal layers.
  float frames_per_second;
  // Interarrival jitter in microseconds (RFC 3550 section 6.4.1).
  uint32_t jitter_us;
  // Frames that began to come.
  uint64_t frames_received;
  // Key frames received.
  uint64_t key_frames_received;
  // Packets received, retransmitted ones included.
  uint64_t rx_packets;
  // Payload bytes received.
  uint64_t rx_bytes;
  // Smoothed rate, bit/s.
  uint64_t rx_bps;
  // Packets that came by retransmission.
  uint64_t rx_retransmitted;
  // Expected less received (RFC 3550 section 6.4.1); negative with duplicates.
  int64_t packets_lost;
  // NACK packets sent to the publisher.
  uint64_t nacks;
  // PLI packets sent to the publisher.
  uint64_t plis;
  // FIR packets sent to the publisher.
  uint64_t firs;
} lahn_encoding_stats;

// One of enum lahn_event_kind_code, or a later kind: ignore those you do not know.
typedef uint32_t lahn_event_kind;

// A version of a source: an encoding, and within it a spatial and a temporal layer.
typedef struct lahn_layer {
  // 1: this layer. 0: none at all, and the other fields are 0.
  uint8_t present;
  // Index into the source's encodings, 0 the lowest (RFC 8853).
  uint8_t encoding;
  // Spatial layer of the encoding; 0 is the lowest, and all there is where it has one only.
  uint8_t spatial;
  // Temporal layer of the encoding; 0 is the lowest, and all there is where it has one only.
  uint8_t temporal;
} lahn_layer;

// One thing that happened; start from LAHN_EVENT_INIT. Ids that do not apply are LAHN_ID_NONE,
// numbers 0, layers not present.
typedef struct lahn_event {
  // sizeof(lahn_event).
  uint32_t struct_size;
  // What happened.
  lahn_event_kind kind;
  // To which endpoint.
  lahn_endpoint_id endpoint;
  // To which source.
  lahn_source_id source;
  // To which subscription.
  lahn_subscription_id subscription;
  // What it means depends on kind.
  uint64_t a;
  // What it means depends on kind.
  uint64_t b;
  // Which layer.
  struct lahn_layer layer;
  // 0.
  uint32_t reserved;
} lahn_event;

// One of enum lahn_congestion_state_code, or a later state.
typedef uint32_t lahn_congestion_state;

// One of enum lahn_congestion_reason_code, or a later reason.
typedef uint32_t lahn_congestion_reason;

// An endpoint's transport; start from LAHN_ENDPOINT_STATS_INIT.
typedef struct lahn_endpoint_stats {
  // sizeof(lahn_endpoint_stats).
  uint32_t struct_size;
  // 1 once ICE and DTLS are done.
  uint32_t connected;
  // Newest round-trip time from RTCP in microseconds; 0 if unknown.
  uint32_t rtt_us;
  // One of enum lahn_srtp_profile_code; 0 if unknown.
  uint32_t srtp_profile;
  // Datagrams received from its address, of every kind.
  uint64_t rx_packets;
  // Their bytes, without IP and UDP headers.
  uint64_t rx_bytes;
  // Smoothed rate of what it sends, bit/s.
  uint64_t rx_bps;
  // Datagrams sent.
  uint64_t tx_packets;
  // Their bytes, without IP and UDP headers.
  uint64_t tx_bytes;
  // Smoothed rate of what is sent to it, bit/s.
  uint64_t tx_bps;
  // Packets waiting to be sent to it now.
  uint64_t queued_packets;
  // Datagrams and packets dropped, for any reason: those that follow and all others.
  uint64_t dropped;
  // Dropped as their authentication tag did not fit.
  uint64_t auth_failures;
  // Dropped as they came twice or too late (RFC 3711 section 3.3.2).
  uint64_t replays;
  // Dropped as RTP or RTCP that does not parse.
  uint64_t malformed;
  // Which library does AES-GCM: one of enum lahn_aead_backend_code.
  uint32_t aead_backend;
  // What congestion control towards it does: one of enum lahn_congestion_state_code. With
  // LAHN_CONGESTION_OFF all that follows is 0.
  lahn_congestion_state congestion_state;
  // What bounds the estimate: one of enum lahn_congestion_reason_code.
  lahn_congestion_reason congestion_reason;
  // Packets lost on the link, smoothed, in parts per million.
  uint32_t loss_ppm;
  // Standing queue on the link in microseconds.
  uint32_t queue_delay_us;
  // How long the oldest packet waits to be sent in microseconds.
  uint32_t pacer_delay_us;
  // What the link is taken to carry, bit/s; this and the rates that follow with IP headers.
  uint64_t target_bps;
  // How fast packets leave, bit/s.
  uint64_t pacing_bps;
  // What arrives, bit/s.
  uint64_t acked_bps;
  // What is sent, over the last half second, bit/s.
  uint64_t sent_bps;
  // What the link carried when it was last full, bit/s; 0 if it never was.
  uint64_t capacity_bps;
  // What would be sent if the link were endless, bit/s; 0: what is.
  uint64_t desired_bps;
  // What is allotted to subscriptions, bit/s.
  uint64_t allocated_bps;
  // Bytes sent as padding and probes.
  uint64_t tx_padding_bytes;
  // Probes started.
  uint64_t probes;
} lahn_endpoint_stats;

// One of enum lahn_layer_reason_code, or a later reason.
typedef uint32_t lahn_layer_reason;

// A subscription; start from LAHN_SUBSCRIPTION_STATS_INIT.
typedef struct lahn_subscription_stats {
  // sizeof(lahn_subscription_stats).
  uint32_t struct_size;
  // Under which SSRC it is sent; 0 until negotiated.
  uint32_t ssrc;
  // What flows now; none while it waits for a key frame or is paused.
  struct lahn_layer layer;
  // Newest round-trip time in microseconds; 0 if unknown.
  uint32_t rtt_us;
  // Packets sent, retransmissions included.
  uint64_t tx_packets;
  // Payload bytes sent, retransmissions included.
  uint64_t tx_bytes;
  // Smoothed rate, bit/s.
  uint64_t tx_bps;
  // Retransmissions sent.
  uint64_t tx_retransmitted;
  // Cumulative loss from the newest receiver report.
  int64_t packets_lost;
  // NACK packets received.
  uint64_t nacks;
  // PLI packets received.
  uint64_t plis;
  // FIR packets received.
  uint64_t firs;
  // What is wanted: the best the publisher sends within the constraints that the receiver's
  // link carries.
  struct lahn_layer target;
  // Why the newest change of layer: one of enum lahn_layer_reason_code.
  lahn_layer_reason reason;
  // 1: nothing flows because the receiver's link carries no more.
  uint32_t paused_by_bandwidth;
  // 1: less is wanted than the constraints allow because the receiver's link carries no more.
  uint32_t limited_by_bandwidth;
} lahn_subscription_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// A result in a few words, in static storage, NUL-terminated. Never NULL: an unknown number is
// called that.
LAHN_API const char *lahn_result_str(lahn_result result);

// LAHN_ABI_VERSION as the library was built with. Differs from the header's: do not go on.
LAHN_API uint32_t lahn_abi_version(void);

// "0.1.0", NUL-terminated, in static storage.
LAHN_API const char *lahn_version(void);

// Makes an engine.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_new(const struct lahn_config *config,
                            struct lahn_engine **engine_out);

// Ends an engine and all in it; endpoints are not told. NULL is a no-op. While another call on
// it is running, which is a mistake, it is left alive for ever instead.
LAHN_API void lahn_engine_free(struct lahn_engine *engine);

// Copies the text of the newest error of this engine, whichever thread it was on: some callers
// cannot choose their thread. It stays until the next error. Works on a poisoned engine, too.
//
// LAHN_ERR_TOO_SMALL: *len_out has the size needed.
LAHN_API
lahn_result lahn_engine_last_error(const struct lahn_engine *engine,
                                   char *buf,
                                   size_t cap,
                                   size_t *len_out);

// Opens a conference.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_conference_open(struct lahn_engine *engine,
                                 lahn_conference_id *conference_out);

// Closes a conference and every endpoint in it.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_conference_close(struct lahn_engine *engine,
                                  uint64_t now_us,
                                  lahn_conference_id conference);

// Copies the ids of the sources published in a conference, in order of appearance.
//
// LAHN_ERR_TOO_SMALL: *n_out has how many there are.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_conference_sources(const struct lahn_engine *engine,
                                    lahn_conference_id conference,
                                    lahn_source_id *sources,
                                    size_t cap,
                                    size_t *n_out);

// Adds an endpoint that will be negotiated by SDP: pass its offer to lahn_endpoint_accept_offer
// next. local has the addresses at which its peer can reach us, best first; they become the host
// candidates of our answers.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_add(struct lahn_engine *engine,
                              uint64_t now_us,
                              lahn_conference_id conference,
                              const struct lahn_addr *local,
                              size_t n_local,
                              lahn_endpoint_id *endpoint_out);

// Closes an endpoint. Its peer is told (DTLS close_notify) by the next lahn_engine_poll_transmit.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_remove(struct lahn_engine *engine,
                                 uint64_t now_us,
                                 lahn_endpoint_id endpoint);

// Asks for an ICE restart (RFC 8445 section 9): the next offer carries new credentials.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_restart_ice(struct lahn_engine *engine,
                                      uint64_t now_us,
                                      lahn_endpoint_id endpoint);

// Takes the peer's SDP offer (RFC 8829), the first or a later one, and gives our answer. An offer
// that crosses one of ours wins: ours is void and LAHN_EVENT_NEGOTIATION_NEEDED comes again.
//
// LAHN_ERR_TOO_SMALL: the offer is accepted all the same; *answer_len_out has the size needed,
// and lahn_endpoint_take_sdp the answer. 64 KiB are enough for some hundred sources.
// LAHN_ERR_SDP: the offer is refused, nothing changed; lahn_engine_last_error says why.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_accept_offer(struct lahn_engine *engine,
                                       uint64_t now_us,
                                       lahn_endpoint_id endpoint,
                                       struct lahn_str offer,
                                       char *answer,
                                       size_t answer_cap,
                                       size_t *answer_len_out);

// Gives our SDP offer, after LAHN_EVENT_NEGOTIATION_NEEDED. *offer_len_out is 0 if there is
// nothing to tell the peer.
//
// LAHN_ERR_TOO_SMALL: *offer_len_out has the size needed, and lahn_endpoint_take_sdp the offer.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_create_offer(struct lahn_engine *engine,
                                       uint64_t now_us,
                                       lahn_endpoint_id endpoint,
                                       char *offer,
                                       size_t offer_cap,
                                       size_t *offer_len_out);

// Fetches the answer or offer of an endpoint that did not fit its buffer before. It is kept until
// it is fetched, a newer one does not fit either, or the endpoint is gone.
//
// LAHN_ERR_TOO_SMALL: *sdp_len_out has the size needed; the text is still kept.
// LAHN_ERR_STATE: none is kept.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_take_sdp(struct lahn_engine *engine,
                                   lahn_endpoint_id endpoint,
                                   char *sdp,
                                   size_t sdp_cap,
                                   size_t *sdp_len_out);

// Takes the peer's answer to the newest offer of ours.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_accept_answer(struct lahn_engine *engine,
                                        uint64_t now_us,
                                        lahn_endpoint_id endpoint,
                                        struct lahn_str answer);

// Takes a candidate that the peer trickled (RFC 8838): the value of the attribute, "candidate:"
// and what follows. An empty one (end of candidates) is taken and ignored.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_add_remote_candidate(struct lahn_engine *engine,
                                               uint64_t now_us,
                                               lahn_endpoint_id endpoint,
                                               struct lahn_str candidate);

// Adds an endpoint whose ICE, DTLS and signalling the caller did itself: it is connected at once.
// Tell what was negotiated by lahn_endpoint_set_session.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_add_raw(struct lahn_engine *engine,
                                  uint64_t now_us,
                                  lahn_conference_id conference,
                                  const struct lahn_transport_params *params,
                                  lahn_endpoint_id *endpoint_out);

// Tells what was negotiated with a raw endpoint: all of it, each time. Media sections that are
// left out are stopped. A section with send_ssrc serves the endpoint's first subscription of its
// kind that none serves yet, now or when it comes (lahn_subscription_get_info shows which).
// reduced_size_rtcp (RFC 5506): not 0 if negotiated.
//
// All entries of media have the struct_size of the first.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_set_session(struct lahn_engine *engine,
                                      uint64_t now_us,
                                      lahn_endpoint_id endpoint,
                                      const struct lahn_media *media,
                                      size_t n_media,
                                      uint8_t reduced_size_rtcp);

// Tells what a source is.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_source_get_info(const struct lahn_engine *engine,
                                 lahn_source_id source,
                                 struct lahn_source_info *info_out);

// Tells what a subscription is.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_subscription_get_info(const struct lahn_engine *engine,
                                       lahn_subscription_id subscription,
                                       struct lahn_subscription_info *info_out);

// Subscribes an endpoint to a source of its conference.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_subscribe(struct lahn_engine *engine,
                           uint64_t now_us,
                           lahn_endpoint_id receiver,
                           lahn_source_id source,
                           lahn_subscription_id *subscription_out);

// Ends a subscription.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_unsubscribe(struct lahn_engine *engine,
                             uint64_t now_us,
                             lahn_subscription_id subscription);

// Pauses (paused is not 0) or resumes a subscription, without negotiation. Video resumes at a key
// frame. Changes no other of its constraints.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_subscription_set_paused(struct lahn_engine *engine,
                                         uint64_t now_us,
                                         lahn_subscription_id subscription,
                                         uint8_t paused);

// Asks a source's publisher for a key frame of every encoding that is forwarded to anybody.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_source_request_key_frame(struct lahn_engine *engine,
                                          uint64_t now_us,
                                          lahn_source_id source);

// Tells what the caller knows of the rate towards an endpoint, in bit/s with IP headers; 0:
// nothing. No more than max_bps is sent, whatever the link carries. desired_bps could be made use
// of, also where the layers that are sent now take less (by encoders that adapt to what links
// carry): it is probed for.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_set_bitrate_limits(struct lahn_engine *engine,
                                             uint64_t now_us,
                                             lahn_endpoint_id endpoint,
                                             uint64_t max_bps,
                                             uint64_t desired_bps);

// Bounds what a subscription gets, without negotiation: it gets the best layer that the publisher
// sends within. All constraints are set anew: to change one, begin with what
// lahn_subscription_constraints tells. A lower temporal layer is taken up at once, another
// encoding or spatial layer at a key frame, which is asked for; until then the old one goes on.
// LAHN_EVENT_LAYER_CHANGED tells when it is done.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_subscription_set_constraints(struct lahn_engine *engine,
                                              uint64_t now_us,
                                              lahn_subscription_id subscription,
                                              const struct lahn_constraints *constraints);

// Tells a subscription's constraints.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_subscription_constraints(const struct lahn_engine *engine,
                                          lahn_subscription_id subscription,
                                          struct lahn_constraints *constraints_out);

// Takes n datagrams that arrived by now_us. What a peer gets wrong is counted (see
// lahn_endpoint_get_stats), never an error. If an argument is refused, no datagram is taken.
//
// Drain afterwards: lahn_engine_poll_transmit, lahn_engine_poll_event, lahn_engine_poll_timeout.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_handle_datagrams(struct lahn_engine *engine,
                                         uint64_t now_us,
                                         const struct lahn_rx *rx,
                                         size_t n);

// Writes as many due datagrams as fit into the arena, back to back, those for one destination in
// a run (neighbours of one length and one path may leave as one GSO send). The rest stays due:
// call until *n_out is 0. An arena of 64 KiB and 64 entries are a good size.
//
// LAHN_ERR_TOO_SMALL: something is due, but there is not room for even one (1,500 bytes always
// are).
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_poll_transmit(struct lahn_engine *engine,
                                      uint64_t now_us,
                                      uint8_t *arena,
                                      size_t arena_len,
                                      struct lahn_tx *tx,
                                      size_t tx_cap,
                                      size_t *n_out);

// Tells when lahn_engine_handle_timeout wants to be called next, on the caller's clock;
// LAHN_NEVER if nothing waits. May change with every other call that takes a lahn_engine*.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_poll_timeout(const struct lahn_engine *engine,
                                     uint64_t *deadline_us_out);

// Tells that time has passed: call at or after the deadline; too early or twice does no harm.
//
// Drain afterwards: lahn_engine_poll_transmit, lahn_engine_poll_event, lahn_engine_poll_timeout.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_handle_timeout(struct lahn_engine *engine,
                                       uint64_t now_us);

// Tells the figures of one encoding of a source: 0 is the lowest, lahn_source_info.n_encodings
// has how many there are. LAHN_ERR_ARGUMENT if it is not one of them.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_source_get_encoding_stats(const struct lahn_engine *engine,
                                           uint64_t now_us,
                                           lahn_source_id source,
                                           uint32_t encoding,
                                           struct lahn_encoding_stats *stats_out);

// Gives the next event, in the order in which they happened; its kind is LAHN_EVENT_NONE when
// there is none.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_poll_event(struct lahn_engine *engine,
                                   struct lahn_event *event_out);

// Tells an endpoint's figures.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_endpoint_get_stats(const struct lahn_engine *engine,
                                    uint64_t now_us,
                                    lahn_endpoint_id endpoint,
                                    struct lahn_endpoint_stats *stats_out);

// Tells a subscription's figures.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_subscription_get_stats(const struct lahn_engine *engine,
                                        uint64_t now_us,
                                        lahn_subscription_id subscription,
                                        struct lahn_subscription_stats *stats_out);

// Tells how many datagrams were dropped that could not be laid at any endpoint's door: from
// unknown addresses, of no known protocol.
LAHN_API
LAHN_MUST_USE
lahn_result lahn_engine_get_dropped(const struct lahn_engine *engine,
                                    uint64_t *dropped_out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LAHN_H */
