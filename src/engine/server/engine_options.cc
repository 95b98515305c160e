#include "engine/server/engine_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace bedplate::engine {
namespace {

constexpr uint32_t kTargetMsMax = 600'000;

// "NAME=VALUE"; the value may have more of these signs.
std::optional<std::pair<std::string, std::string>> SplitNamed(const std::string& text) {
  const size_t sign = text.find('=');
  if (sign == std::string::npos || sign == 0 || sign + 1 == text.size()) return std::nullopt;
  return std::pair(text.substr(0, sign), text.substr(sign + 1));
}

Result<float> ReadScale(const std::string& text) {
  double scale = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), scale);
  if (code != std::errc() || end != text.data() + text.size() ||
      !(std::abs(scale) <= limits::kAdapterScaleMax)) {
    return Fail(Fault::kValidation, fmt::format("--adapter-scale: expected a number from -{0} to "
                                                "{0}, got {1}",
                                                limits::kAdapterScaleMax, text));
  }
  return static_cast<float>(scale);
}

Result<void> ReadAdapters(const std::vector<std::string>& adapters,
                          const std::vector<std::string>& scales, EngineOptions& options) {
  for (const std::string& text : adapters) {
    auto named = SplitNamed(text);
    if (!named) {
      return Fail(Fault::kValidation, "--adapter: expected NAME=FILE, got " + text);
    }
    if (std::ranges::find(options.adapters, named->first, &AdapterSource::name) !=
            options.adapters.end() ||
        named->first == std::filesystem::path(options.model_file).stem()) {
      return Fail(Fault::kValidation, "--adapter: there are two of the name " + named->first);
    }
    options.adapters.push_back({.name = std::move(named->first), .path = std::move(named->second)});
  }
  for (const std::string& text : scales) {
    const auto named = SplitNamed(text);
    if (!named) {
      return Fail(Fault::kValidation, "--adapter-scale: expected NAME=NUMBER, got " + text);
    }
    const auto adapter = std::ranges::find(options.adapters, named->first, &AdapterSource::name);
    if (adapter == options.adapters.end()) {
      return Fail(Fault::kValidation, "--adapter-scale: there is no adapter " + named->first);
    }
    const auto scale = ReadScale(named->second);
    if (!scale) return std::unexpected(scale.error());
    adapter->scale = *scale;
  }
  return {};
}

}  // namespace

Result<EngineOptions> ParseEngineOptions(int argc, const char* const* argv, std::string& help) {
  EngineOptions options;
  std::string listen;
  std::string described;
  CLI::App app(
      "bedplate-engine serves one GGUF model over OpenAI's protocol on a Unix socket. "
      "bedplate serve starts it as needed; it ends with the process that started it.",
      "bedplate-engine");
  auto* describe = app.add_option("--describe", described,
                                  "Print what this GGUF file is and what memory it would take, as "
                                  "one JSON object, and end");
  auto* model = app.add_option("--model", options.model_file, "GGUF file to load");
  auto* listen_option = app.add_option("--listen", listen, "Where to listen: unix:PATH");
  model->needs(listen_option)->excludes(describe);
  listen_option->needs(model)->excludes(describe);
  std::vector<std::string> adapters;
  std::vector<std::string> scales;
  app.add_option("--adapter", adapters,
                 "NAME=FILE: a GGUF file with a LoRA adapter. Requests whose model is NAME are "
                 "computed with it. May be said several times")
      ->allow_extra_args(false);
  app.add_option("--adapter-scale", scales,
                 "NAME=NUMBER: how much of that adapter is added (default: 1)")
      ->allow_extra_args(false);
  app.add_option("--projector", options.projector_file,
                 "GGUF file with the projector (mmproj) of the model, which then takes images");
  app.add_option("--draft", options.draft_file,
                 "GGUF file of a small model with the same vocabulary, which guesses the next "
                 "tokens while few requests run");
  app.add_option("--speculation", options.speculation,
                 "Whether tokens are guessed from what the text itself repeats: text, off")
      ->check(CLI::IsMember({"text", "off"}));
  app.add_option("--context-cells", options.context_cells,
                 "Tokens the KV cache holds, of all requests together (default: chosen for the "
                 "model); of models that make vectors or scores, tokens of one input at most "
                 "(default: 8192, or the model's context where that is less)")
      ->check(CLI::Range(1, 16'777'216));
  app.add_option("--sequences", options.sequences, "Requests computed at once (default: 64)")
      ->check(CLI::Range(1U, limits::kEngineSequencesMax));
  app.add_option("--first-token-target", options.first_token_target_ms,
                 "Milliseconds from a request to its first token that are aimed at: while prompts "
                 "would be later, they get more of the computation (default: 1000)")
      ->check(CLI::Range(1U, kTargetMsMax));
  app.add_option("--token-gap-target", options.token_gap_target_ms,
                 "Milliseconds that answers may stand still for others' prompts, as far as "
                 "--first-token-target lets them (default: 150)")
      ->check(CLI::Range(1U, kTargetMsMax));
  app.add_option("--threads", options.threads,
                 "Computing threads at most (default: one for each core this process may use)")
      ->check(CLI::Range(1, 512));
  app.add_option("--attention", options.attention,
                 "Whose attention computes: auto (the best that works here), avx512, avx2, ggml")
      ->check(CLI::IsMember({"auto", "avx512", "avx2", "ggml"}));
  app.add_option("--products", options.products,
                 "Whose products of quantised weights: auto (the best that works here), avx512, "
                 "avx2, ggml")
      ->check(CLI::IsMember({"auto", "avx512", "avx2", "ggml"}));
  app.add_option("--cache-type", options.cache_type,
                 "What the numbers of the KV cache are kept as: f16, bf16, q8_0 (half the memory)")
      ->check(CLI::IsMember({"f16", "bf16", "q8_0"}));
  app.add_option("--prefix-folder", options.prefix_folder,
                 "Folder to keep computed beginnings of prompts in, so that they outlive the KV "
                 "cache and this process (default: none are kept)");
  app.add_option("--prefix-megabytes", options.prefix_megabytes,
                 "Megabytes that the folder may take (default: 2048)")
      ->check(CLI::Range(1, 16'777'216));
  app.add_option("--idle-prefix-seconds", options.idle_prefix_seconds,
                 "How long a beginning of prompts that nobody uses stays in the KV cache, where "
                 "nothing else needs the room (default: 3600)")
      ->check(CLI::Range(1, 31'536'000));
  auto* embedding =
      app.add_flag("--embedding", options.embedding,
                   "Make embeddings although the file does not say that it is for that");
  app.add_flag("--rerank", options.rerank,
               "Rank documents although the file does not say that it is for that")
      ->excludes(embedding);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    help = app.help();
    return options;
  } catch (const CLI::Error& error) {
    return Fail(Fault::kValidation, error.what());
  }
  if (auto read = ReadAdapters(adapters, scales, options); !read) {
    return std::unexpected(std::move(read.error()));
  }
  if (!described.empty()) {
    options.model_file = std::move(described);
    return options;
  }
  if (options.model_file.empty()) {
    return Fail(Fault::kValidation, "--model and --listen are required, or --describe");
  }
  constexpr std::string_view kUnix = "unix:";
  if (!listen.starts_with(kUnix) || listen.size() == kUnix.size()) {
    return Fail(Fault::kValidation, "--listen: expected unix:PATH, got " + listen);
  }
  options.socket_path = listen.substr(kUnix.size());
  return options;
}

}  // namespace bedplate::engine
