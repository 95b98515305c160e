#include "wire/protocol_codec.h"

namespace bedplate::wire {

const ProtocolCodec& CodecOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kJson:
      return kJsonRpcCodec;
    case Protocol::kRestJson:
    case Protocol::kRestXml:
    case Protocol::kQuery:
    case Protocol::kCbor:
      break;
  }
  return kRestJsonCodec;
}

}  // namespace bedplate::wire
