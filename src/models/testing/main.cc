// fake_engine: takes bedplate-engine's arguments and behaves as the "weights" file says, which is a
// list of words after the magic, e.g. "GGUF load_ms=50 tokens=200 token_ms=5".
//
//   load_ms=N     /health answers 503 for so long
//   fail          exits with code 1 before it is ready, after a log line of level error
//   hang          never becomes ready
//   mute=N        the first N times, /v1/models answers 503
//   cut           ends the connection of a chat instead of an answer
//   tokens=N      length of each answer: the words "t0 ", "t1 ", ...
//   token_ms=N    time for each
//   length        says that answers were cut for their length
//   deaf          ignores SIGTERM
//   weights=N     bytes that --describe tells, as the next two
//   cache=N       bytes of the KV cache for each of 64 to 4 tokens of context
//   context=N     instead of 64
//   describe_ms=N how long that takes
//   no_describe   it ends with code 1 instead
//
// An --adapter's file says "misfit" where it can't be used, or "crash" where it ends the engine.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "models/testing/fake_upstream.h"

namespace {

using bedplate::SystemClock;
using bedplate::models::FakeExchange;
using bedplate::models::FakeRequest;
using bedplate::models::FakeUpstream;

struct Behaviour {
  int load_ms = 0;
  int tokens = 3;
  int token_ms = 0;
  bool fail = false;
  bool hang = false;
  bool deaf = false;
  bool cut = false;
  int mute = 0;
  bool no_describe = false;
  int weights = 1'000;
  int cache = 0;
  int context = 64;
  int describe_ms = 0;
  const char* finish = "stop";
};

// Of one --adapter NAME=FILE.
struct Adapter {
  std::string name;
  std::string file;
  bool Says(const std::string& word) const {
    std::ifstream stream(file);
    return std::string((std::istreambuf_iterator<char>(stream)), {}).contains(word);
  }
};

std::string ModelList(const std::vector<Adapter>& adapters) {
  std::string list = R"({"data":[{"id":"m","meta":{"context_length":64,"embedding_length":8}})";
  for (const Adapter& adapter : adapters) {
    list += fmt::format(R"(,{{"id":"{}","parent":"m"{}}})", adapter.name,
                        adapter.Says("misfit") ? R"(,"error":"it does not fit")" : "");
  }
  return list + "]}";
}

void Wait(int ms) { poll(nullptr, 0, ms); }

Behaviour Read(const std::string& file) {
  Behaviour behaviour;
  std::ifstream stream(file);
  std::string word;
  while (stream >> word) {
    int value = std::atoi(word.substr(word.find('=') + 1).c_str());
    if (word.starts_with("load_ms=")) behaviour.load_ms = value;
    if (word.starts_with("tokens=")) behaviour.tokens = value;
    if (word.starts_with("token_ms=")) behaviour.token_ms = value;
    if (word == "fail") behaviour.fail = true;
    if (word == "hang") behaviour.hang = true;
    if (word == "length") behaviour.finish = "length";
    if (word == "cut") behaviour.cut = true;
    if (word.starts_with("mute=")) behaviour.mute = value;
    if (word == "deaf") behaviour.deaf = true;
    if (word == "no_describe") behaviour.no_describe = true;
    if (word.starts_with("weights=")) behaviour.weights = value;
    if (word.starts_with("cache=")) behaviour.cache = value;
    if (word.starts_with("context=")) behaviour.context = value;
    if (word.starts_with("describe_ms=")) behaviour.describe_ms = value;
  }
  return behaviour;
}

std::string Usage(int tokens) {
  return fmt::format(R"({{"prompt_tokens":7,"completion_tokens":{},"total_tokens":{}}})", tokens,
                     tokens + 7);
}

void Chat(const Behaviour& behaviour, const FakeRequest& request, FakeExchange& exchange) {
  std::string text;
  if (request.body.find("\"stream\":true") == std::string::npos) {
    for (int i = 0; i < behaviour.tokens; ++i) {
      Wait(behaviour.token_ms);
      text += fmt::format("t{} ", i);
    }
    exchange.Send(200,
                  fmt::format(R"({{"id":"c","object":"chat.completion","model":"m","choices":)"
                              R"([{{"index":0,"message":{{"role":"assistant","content":"{}"}},)"
                              R"("finish_reason":"{}"}}],"usage":{}}})",
                              text, behaviour.finish, Usage(behaviour.tokens)));
    return;
  }
  exchange.Start(200);
  for (int i = 0; i < behaviour.tokens; ++i) {
    exchange.Event(fmt::format(R"({{"id":"c","model":"m","choices":[{{"index":0,"delta":)"
                               R"({{"content":"t{} "}},"finish_reason":null}}]}})",
                               i));
    if (exchange.ClientLeft(behaviour.token_ms)) return;
  }
  exchange.Event(
      R"({"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
  exchange.Event(
      fmt::format(R"({{"id":"c","model":"m","choices":[],"usage":{}}})", Usage(behaviour.tokens)));
  exchange.Event("[DONE]");
  exchange.Finish();
}

// As `bedplate-engine --describe`; `cells`: of --context-cells, or 0.
int Describe(const Behaviour& behaviour, int cells) {
  Wait(behaviour.describe_ms);
  if (behaviour.no_describe) {
    std::fprintf(stderr, "{\"level\":\"error\",\"message\":\"the file is damaged\"}\n");
    return 1;
  }
  std::string contexts;
  for (int n = cells > 0 ? cells : behaviour.context; n >= 4; n /= 2) {
    contexts += fmt::format(R"({}{{"cells":{},"cache_bytes":{},"compute_bytes":0}})",
                            contexts.empty() ? "" : ",", n, int64_t{n} * behaviour.cache);
  }
  std::puts(fmt::format(R"({{"description":{{"architecture":"fake","context_length":8,)"
                        R"("weights_bytes":{},"overhead_bytes":0,"contexts":[{}]}}}})",
                        behaviour.weights, contexts)
                .c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::string model, listen;
  bool describe = false;
  int cells = 0;
  std::vector<Adapter> adapters;
  std::ostringstream arguments;
  for (int i = 1; i < argc; ++i) {
    arguments << argv[i] << ' ';
    if (i + 1 < argc && std::string(argv[i]) == "--model") model = argv[i + 1];
    if (i + 1 < argc && std::string(argv[i]) == "--listen") listen = argv[i + 1];
    if (i + 1 < argc && std::string(argv[i]) == "--context-cells") cells = std::atoi(argv[i + 1]);
    if (i + 1 < argc && std::string(argv[i]) == "--adapter") {
      const std::string named = argv[i + 1];
      const size_t sign = named.find('=');
      adapters.push_back({named.substr(0, sign), named.substr(sign + 1)});
    }
    if (i + 1 < argc && std::string(argv[i]) == "--describe") {
      model = argv[i + 1];
      describe = true;
    }
  }
  const Behaviour behaviour = Read(model);
  if (describe) return Describe(behaviour, cells);
  if (behaviour.deaf) signal(SIGTERM, SIG_IGN);
  std::fprintf(stderr, "{\"level\":\"info\",\"message\":\"arguments: %s\"}\n",
               arguments.str().c_str());
  for (const Adapter& adapter : adapters) {
    if (!adapter.Says("crash")) continue;
    std::fprintf(stderr,
                 "{\"level\":\"error\",\"message\":\"it crashed\",\"crashed_adapter\":\"%s\"}\n",
                 adapter.name.c_str());
    return 1;
  }
  const auto started = SystemClock().Monotonic();
  std::atomic<int> asked_for_models = 0;
  FakeUpstream server(listen.substr(5), [&](const FakeRequest& request, FakeExchange& exchange) {
    if (request.target == "/health") {
      const bool loading =
          behaviour.hang || behaviour.fail ||
          SystemClock().Monotonic() - started < std::chrono::milliseconds(behaviour.load_ms);
      exchange.Send(loading ? 503 : 200, R"({"loaded_bytes":3145728,"total_bytes":4194304})");
    } else if (request.target == "/v1/models" && asked_for_models++ < behaviour.mute) {
      exchange.Send(503, "{}");
    } else if (request.target == "/v1/models") {
      exchange.Send(200, ModelList(adapters));
    } else if (request.target == "/v1/chat/completions" && behaviour.cut) {
      exchange.Cut();
    } else if (request.target == "/v1/chat/completions") {
      Chat(behaviour, request, exchange);
    } else {
      exchange.Send(404, "{}");
    }
  });
  if (behaviour.fail) {
    Wait(behaviour.load_ms);
    std::fprintf(stderr, "{\"level\":\"error\",\"message\":\"the file is no model\"}\n");
    std::_Exit(1);
  }
  for (;;) pause();
}
