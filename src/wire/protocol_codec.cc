#include "wire/protocol_codec.h"

namespace bedplate::wire {

const ProtocolCodec& CodecOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kRestJson:
      return kRestJsonCodec;
    case Protocol::kRestXml:
      return kRestXmlCodec;
    case Protocol::kJson:
      return kJsonRpcCodec;
    case Protocol::kQuery:
      return kQueryCodec;
    case Protocol::kCbor:
      return kCborCodec;
    case Protocol::kOpenAi:
      return kOpenAiCodec;
    case Protocol::kAnthropic:
      return kAnthropicCodec;
  }
  return kRestJsonCodec;
}

}  // namespace bedplate::wire
