// One event of a stream in a recording. The frame of a JSON event is written as its type and its
// content, of InvokeModelWithResponseStream's chunks what their bytes hold; any other frame in
// base64. A facade's events are server-sent ones: with JSON as name and data, any other as its
// text. Whatever was written is read back to the same bytes.
//
//   {"event": "contentBlockDelta", "payload": {"contentBlockIndex":0,"delta":{"text":"Hi"}}}
//   {"event": "chunk", "bytes": {"type":"message_stop"}}
//   {"exception": "throttlingException", "payload": {"message":"Slowly."}}
//   {"frame": "AAAAVQ…"}
//   {"event": "message_stop", "data": {"type":"message_stop"}}
//   {"data": {"choices":[]}}
//   {"text": "data: [DONE]\n\n"}
//
// Errors: kValidation. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json/reader.h"
#include "base/result.h"

namespace bedplate::gateway {

std::string WriteEvent(std::string_view frame);
// Takes one object from a reader in the middle of its work, which fails as well.
Result<std::string> ReadEvent(json::Reader& reader);

// Whether a frame or server-sent event is not the exception or error that ends a stream.
bool IsEvent(std::string_view frame);

}  // namespace bedplate::gateway
