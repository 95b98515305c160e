// Host: whoever runs a model for us, a child process of ours or a server at a URL. Using a model
// begins with Acquire, which waits for a model that is being loaded.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/model.h"
#include "net/client.h"
#include "net/task.h"

namespace bedplate::models {

// A server that answers for one model, now. Immutable but for `gone`; any
// reactor may use it. Whoever holds a pointer may finish his exchange although the host lets go.
struct ModelServer {
  std::unique_ptr<net::HttpClient> client;
  UpstreamProtocol protocol = UpstreamProtocol::kOpenAi;
  net::Headers headers;          // of every request, e.g. the key of an upstream
  std::string path_prefix;       // "/v1"
  std::string tokenize_target;   // "/v1/tokenize"
  bool is_engine = false;        // bedplate-engine: understands our own members
  int context_tokens = 0;        // as the server says; 0: it did not
  int embedding_dimensions = 0;  // likewise
  uint64_t adapter_set = 0;      // of an engine: which set of adapters it was started with
  // Of these, sorted: those that it answers for, and why it does not for others.
  std::vector<std::string> adapters{};
  std::map<std::string, std::string> adapter_errors{};
  std::atomic<bool> gone{false};  // its process ended
};
using ModelServerPtr = std::shared_ptr<ModelServer>;

class Host {
 public:
  virtual ~Host() = default;
  // On any reactor. kModelNotReady when it takes too long to load, kModelError when it can't be
  // loaded, UnknownModel when it was removed; the message is for the caller and names no path.
  virtual net::Task<Result<ModelServerPtr>> Acquire() = 0;
};

}  // namespace bedplate::models
