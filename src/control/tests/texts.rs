//! Offers as browsers write them (shortened only in their lists of codec variants).

/// Chromium: microphone, camera with simulcast, data channel; host names hidden by mDNS.
pub(super) const CHROMIUM: &str = "v=0\r
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
a=group:BUNDLE 0 1 2\r
a=extmap-allow-mixed\r
a=msid-semantic: WMS 6f8d9c1e-2c53-4b34-8c7a-0c6f1f0a9c11\r
m=audio 52341 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r
c=IN IP4 192.0.2.7\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=candidate:1467250027 1 udp 2122260223 3f0c8f6e-0d5c-4d1a-9d3e-5d5d0f1e2a3b.local 52341 typ host generation 0 network-id 1\r
a=candidate:435653019 1 tcp 1518280447 3f0c8f6e-0d5c-4d1a-9d3e-5d5d0f1e2a3b.local 9 typ host tcptype active generation 0 network-id 1\r
a=ice-ufrag:b0Yn\r
a=ice-pwd:Xg2q0hIu2b9sQx6v9d4YvXnT\r
a=ice-options:trickle\r
a=fingerprint:sha-256 3A:8F:5E:11:0C:62:9D:7B:44:E1:9A:02:6C:FD:35:81:B7:5A:C9:20:14:DE:8B:63:F0:27:91:4D:AE:58:3C:06\r
a=setup:actpass\r
a=mid:0\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=sendrecv\r
a=msid:6f8d9c1e-2c53-4b34-8c7a-0c6f1f0a9c11 0b0f2ef4-7d4a-4a64-9d4e-4ee1a5ec0d33\r
a=rtcp-mux\r
a=rtcp-rsize\r
a=rtpmap:111 opus/48000/2\r
a=rtcp-fb:111 transport-cc\r
a=fmtp:111 minptime=10;useinbandfec=1\r
a=rtpmap:63 red/48000/2\r
a=fmtp:63 111/111\r
a=rtpmap:9 G722/8000\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:13 CN/8000\r
a=rtpmap:110 telephone-event/48000\r
a=rtpmap:126 telephone-event/8000\r
a=ssrc:2654158467 cname:Hq0k7tYf3n1xZ8bE\r
a=ssrc:2654158467 msid:6f8d9c1e-2c53-4b34-8c7a-0c6f1f0a9c11 0b0f2ef4-7d4a-4a64-9d4e-4ee1a5ec0d33\r
m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 109 114 117 118 39 40 45 46 98 99 100 101 112 113 49 50 116\r
c=IN IP4 0.0.0.0\r
a=rtcp:9 IN IP4 0.0.0.0\r
a=ice-ufrag:b0Yn\r
a=ice-pwd:Xg2q0hIu2b9sQx6v9d4YvXnT\r
a=ice-options:trickle\r
a=fingerprint:sha-256 3A:8F:5E:11:0C:62:9D:7B:44:E1:9A:02:6C:FD:35:81:B7:5A:C9:20:14:DE:8B:63:F0:27:91:4D:AE:58:3C:06\r
a=setup:actpass\r
a=mid:1\r
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r
a=extmap:13 urn:3gpp:video-orientation\r
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type\r
a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing\r
a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space\r
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r
a=extmap:9 https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension\r
a=extmap:12 http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00\r
a=sendonly\r
a=msid:6f8d9c1e-2c53-4b34-8c7a-0c6f1f0a9c11 5d1d7c3b-cb5b-4d0c-8a3c-2c6b1f7f6b55\r
a=rtcp-mux\r
a=rtcp-rsize\r
a=rtpmap:96 VP8/90000\r
a=rtcp-fb:96 goog-remb\r
a=rtcp-fb:96 transport-cc\r
a=rtcp-fb:96 ccm fir\r
a=rtcp-fb:96 nack\r
a=rtcp-fb:96 nack pli\r
a=rtpmap:97 rtx/90000\r
a=fmtp:97 apt=96\r
a=rtpmap:103 H264/90000\r
a=rtcp-fb:103 goog-remb\r
a=rtcp-fb:103 transport-cc\r
a=rtcp-fb:103 ccm fir\r
a=rtcp-fb:103 nack\r
a=rtcp-fb:103 nack pli\r
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r
a=rtpmap:104 rtx/90000\r
a=fmtp:104 apt=103\r
a=rtpmap:107 H264/90000\r
a=rtcp-fb:107 nack\r
a=rtcp-fb:107 nack pli\r
a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f\r
a=rtpmap:108 rtx/90000\r
a=fmtp:108 apt=107\r
a=rtpmap:109 H264/90000\r
a=rtcp-fb:109 nack\r
a=rtcp-fb:109 nack pli\r
a=fmtp:109 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r
a=rtpmap:114 rtx/90000\r
a=fmtp:114 apt=109\r
a=rtpmap:117 H264/90000\r
a=rtcp-fb:117 nack\r
a=fmtp:117 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f\r
a=rtpmap:118 rtx/90000\r
a=fmtp:118 apt=117\r
a=rtpmap:39 H264/90000\r
a=fmtp:39 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f\r
a=rtpmap:40 rtx/90000\r
a=fmtp:40 apt=39\r
a=rtpmap:45 AV1/90000\r
a=rtcp-fb:45 goog-remb\r
a=rtcp-fb:45 transport-cc\r
a=rtcp-fb:45 ccm fir\r
a=rtcp-fb:45 nack\r
a=rtcp-fb:45 nack pli\r
a=fmtp:45 level-idx=5;profile=0;tier=0\r
a=rtpmap:46 rtx/90000\r
a=fmtp:46 apt=45\r
a=rtpmap:98 VP9/90000\r
a=rtcp-fb:98 goog-remb\r
a=rtcp-fb:98 transport-cc\r
a=rtcp-fb:98 ccm fir\r
a=rtcp-fb:98 nack\r
a=rtcp-fb:98 nack pli\r
a=fmtp:98 profile-id=0\r
a=rtpmap:99 rtx/90000\r
a=fmtp:99 apt=98\r
a=rtpmap:100 VP9/90000\r
a=rtcp-fb:100 nack\r
a=fmtp:100 profile-id=2\r
a=rtpmap:101 rtx/90000\r
a=fmtp:101 apt=100\r
a=rtpmap:112 red/90000\r
a=rtpmap:113 rtx/90000\r
a=fmtp:113 apt=112\r
a=rtpmap:49 H265/90000\r
a=rtcp-fb:49 nack\r
a=fmtp:49 level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST\r
a=rtpmap:50 rtx/90000\r
a=fmtp:50 apt=49\r
a=rtpmap:116 ulpfec/90000\r
a=rid:q send\r
a=rid:h send\r
a=rid:f send\r
a=simulcast:send q;h;f\r
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r
c=IN IP4 0.0.0.0\r
a=ice-ufrag:b0Yn\r
a=ice-pwd:Xg2q0hIu2b9sQx6v9d4YvXnT\r
a=ice-options:trickle\r
a=fingerprint:sha-256 3A:8F:5E:11:0C:62:9D:7B:44:E1:9A:02:6C:FD:35:81:B7:5A:C9:20:14:DE:8B:63:F0:27:91:4D:AE:58:3C:06\r
a=setup:actpass\r
a=mid:2\r
a=sctp-port:5000\r
a=max-message-size:262144\r
";

/// Firefox: microphone and camera, without simulcast.
pub(super) const FIREFOX: &str = "v=0\r
o=mozilla...THIS_IS_SDPARTA-99.0 7130216341265843113 0 IN IP4 0.0.0.0\r
s=-\r
t=0 0\r
a=sendrecv\r
a=fingerprint:sha-256 5B:D1:4C:77:3A:90:8E:21:B6:0F:42:AC:D9:13:6E:F8:50:C4:2D:9B:71:E6:08:5F:A3:3C:94:B2:1D:67:CE:80\r
a=group:BUNDLE 0 1\r
a=ice-options:trickle\r
a=msid-semantic:WMS *\r
m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r
c=IN IP4 0.0.0.0\r
a=sendrecv\r
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level\r
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r
a=fmtp:101 0-15\r
a=ice-pwd:c7b2a1d4e6f8091a3b5c7d9e1f203142\r
a=ice-ufrag:8a2c41f7\r
a=mid:0\r
a=msid:{4b1f0a52-93cf-4a55-a5b9-8b2b57a1a0f3} {c0a8e6dc-2c4e-4a8c-b9d4-5b62d54f0a11}\r
a=rtcp-mux\r
a=rtpmap:109 opus/48000/2\r
a=rtpmap:9 G722/8000/1\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:101 telephone-event/8000\r
a=setup:actpass\r
a=ssrc:1837400541 cname:{9d8a3e7c-7cf4-4e2e-8c2d-15f9a7ad3f60}\r
m=video 0 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98 123 122 119\r
c=IN IP4 0.0.0.0\r
a=bundle-only\r
a=sendrecv\r
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r
a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r
a=extmap:5 urn:ietf:params:rtp-hdrext:toffset\r
a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r
a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1\r
a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1\r
a=fmtp:120 max-fs=12288;max-fr=60\r
a=fmtp:124 apt=120\r
a=fmtp:121 max-fs=12288;max-fr=60\r
a=fmtp:125 apt=121\r
a=fmtp:127 apt=126\r
a=fmtp:98 apt=97\r
a=fmtp:119 apt=122\r
a=ice-pwd:c7b2a1d4e6f8091a3b5c7d9e1f203142\r
a=ice-ufrag:8a2c41f7\r
a=mid:1\r
a=msid:{4b1f0a52-93cf-4a55-a5b9-8b2b57a1a0f3} {7f6d4b7e-67b4-4a57-91f3-0d9a5fae2c29}\r
a=rtcp-fb:120 nack\r
a=rtcp-fb:120 nack pli\r
a=rtcp-fb:120 ccm fir\r
a=rtcp-fb:120 goog-remb\r
a=rtcp-fb:120 transport-cc\r
a=rtcp-fb:121 nack\r
a=rtcp-fb:121 nack pli\r
a=rtcp-fb:121 ccm fir\r
a=rtcp-fb:121 goog-remb\r
a=rtcp-fb:121 transport-cc\r
a=rtcp-fb:126 nack\r
a=rtcp-fb:126 nack pli\r
a=rtcp-fb:126 ccm fir\r
a=rtcp-fb:126 goog-remb\r
a=rtcp-fb:126 transport-cc\r
a=rtcp-mux\r
a=rtcp-rsize\r
a=rtpmap:120 VP8/90000\r
a=rtpmap:124 rtx/90000\r
a=rtpmap:121 VP9/90000\r
a=rtpmap:125 rtx/90000\r
a=rtpmap:126 H264/90000\r
a=rtpmap:127 rtx/90000\r
a=rtpmap:97 H264/90000\r
a=rtpmap:98 rtx/90000\r
a=rtpmap:123 ulpfec/90000\r
a=rtpmap:122 red/90000\r
a=rtpmap:119 rtx/90000\r
a=setup:actpass\r
a=ssrc:3298475601 cname:{9d8a3e7c-7cf4-4e2e-8c2d-15f9a7ad3f60}\r
a=ssrc:1102938475 cname:{9d8a3e7c-7cf4-4e2e-8c2d-15f9a7ad3f60}\r
a=ssrc-group:FID 3298475601 1102938475\r
";
