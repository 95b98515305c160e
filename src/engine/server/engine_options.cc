#include "engine/server/engine_options.h"

#include <CLI/CLI.hpp>

#include "base/limits.h"

namespace bedplate::engine {

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
  auto* lora = app.add_option("--lora", options.lora_file,
                              "GGUF file with a LoRA adapter that becomes part of the model");
  app.add_option("--lora-scale", options.lora_scale, "How much of it is added (default: 1)")
      ->check(CLI::Range(-limits::kAdapterScaleMax, limits::kAdapterScaleMax))
      ->needs(lora);
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
  app.add_option("--threads", options.threads,
                 "Computing threads (default: one for each core this process may use)")
      ->check(CLI::Range(1, 512));
  app.add_option("--attention", options.attention,
                 "Whose attention computes: auto (the best that works here), avx512, avx2, ggml")
      ->check(CLI::IsMember({"auto", "avx512", "avx2", "ggml"}));
  app.add_option("--products", options.products,
                 "Whose products of quantised weights: auto (the best that works here), avx512, "
                 "avx2, ggml")
      ->check(CLI::IsMember({"auto", "avx512", "avx2", "ggml"}));
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
