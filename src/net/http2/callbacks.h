// nghttp2's callbacks, as functions of a Session.
#pragma once

#include <nghttp2/nghttp2.h>

namespace bedplate::net::http2 {

class Session;

// A server session of nghttp2 that reports to `session`; never fails but for memory.
nghttp2_session* MakeNativeSession(Session& session);

}  // namespace bedplate::net::http2
