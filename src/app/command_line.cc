#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/print.h"
#include "base/environment.h"
#include "base/log.h"

namespace bedplate::app {
namespace {

constexpr const char* kProtocolHelp =
    "What that server speaks: openai (default), anthropic, whose address ends before /v1, or "
    "bedrock: Amazon Bedrock itself, whose address may be left out";

constexpr const char* kRegionHelp = "The region of Amazon Bedrock, e.g. eu-west-1";
constexpr const char* kProfileHelp =
    "Whose credentials in the AWS credentials file (default: those of the environment)";

class Program {
 public:
  Program() : app_("Bedplate: Amazon Bedrock on your own machines, with your own models.") {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.add_option("--config", config_,
                    "Read the settings from this file instead of the usual places")
        ->type_name("<file>");
    app_.add_option("--set", assignments_,
                    "Change one setting for this run, e.g. --set listen.port=8080; may repeat")
        ->type_name("<setting>=<value>")
        ->allow_extra_args(false);
    app_.footer("Every setting is in docs/configuration.md. Start with: bedplate serve");
    AddServe();
    AddRecord();
    AddEnv();
    AddStatus();
    AddAccounts();
    AddModels();
    AddSettings();
    AddVersion();
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);  // --help
      Complain(error.what());
      Complain("try `bedplate --help`");
      return kExitUsage;
    }
    return run_();
  }

 private:
  using WithSettings = std::function<int(const LoadedSettings&)>;

  void OnCommand(CLI::App* command, WithSettings run) {
    command->callback([this, run = std::move(run)] {
      run_ = [this, run] {
        SettingSources sources{.file = {},
                               .environment = ReadEnvironment(),
                               .assignments = assignments_,
                               .working_folder = std::filesystem::current_path()};
        if (!config_.empty()) sources.file = config_;
        const auto loaded = LoadSettings(sources);
        if (!loaded) {
          Complain(loaded.error().message);
          return kExitUsage;
        }
        return run(*loaded);
      };
    });
  }

  void AddServe() {
    auto* command = app_.add_subcommand("serve", "Run the server until it is told to stop");
    command->add_flag("--quiet", serve_.quiet,
                      "Print nothing beside the log: for service managers, which keep what is "
                      "printed, and the keys in it");
    auto* record = command->add_option(
        "--record", serve_.record, "Also keep each answer of a model in this folder, for --replay");
    auto* replay = command->add_option(
        "--replay", serve_.replay, "Answer with what this folder has recorded, and ask no model");
    record->type_name("<folder>")->excludes(replay);
    replay->type_name("<folder>");
    OnCommand(command, [this](const LoadedSettings& loaded) { return Serve(loaded, serve_); });
  }

  void AddRecord() {
    auto* command = app_.add_subcommand(
        "record", "Run the server and keep each answer of a model: serve --record");
    command->add_option("--to", serve_.record, "The folder, as a test suite keeps beside itself")
        ->type_name("<folder>")
        ->required();
    OnCommand(command, [this](const LoadedSettings& loaded) { return Serve(loaded, serve_); });
  }

  void AddEnv() {
    auto* command =
        app_.add_subcommand("env",
                            "Print the lines that point the AWS SDKs and the AWS CLI here: "
                            "eval \"$(bedplate env)\"");
    command->add_flag("--bearer", bearer_,
                      "Also set AWS_BEARER_TOKEN_BEDROCK, the key of clients that do not sign");
    OnCommand(command, [this](const LoadedSettings& loaded) {
      return PrintClientEnvironment(loaded.settings, bearer_);
    });
  }

  void AddStatus() {
    auto* command = app_.add_subcommand(
        "status", "Tell whether the server runs (exit status 3 if not), where, and its models");
    command->add_flag("--json", json_, "Print one JSON object");
    OnCommand(command,
              [this](const LoadedSettings& loaded) { return PrintStatus(loaded.settings, json_); });
  }

  void AddAccounts() {
    auto* accounts = app_.add_subcommand("accounts", "List and add accounts of this server");
    accounts->require_subcommand(1);
    auto* add = accounts->add_subcommand("add", "Make an account, whose root's keys are printed");
    add->add_option("--name", account_name_, "A name for people");
    add->add_flag("--json", json_, "Print one JSON object");
    OnCommand(add, [this](const LoadedSettings& loaded) {
      return AddAccount(loaded.settings, account_name_, json_);
    });
    auto* list = accounts->add_subcommand("list", "List the accounts, that of this server first");
    list->add_flag("--keys", keys_, "Also the keys of their roots");
    list->add_flag("--json", json_, "Print one JSON array");
    OnCommand(list, [this](const LoadedSettings& loaded) {
      return ListAccounts(loaded.settings, keys_, json_);
    });
  }

  void AddModels() {
    auto* models = app_.add_subcommand("models", "List, add, remove and bind models");
    models->require_subcommand(1);
    auto* list = models->add_subcommand("list", "List the models that something answers for");
    list->add_flag("--json", json_, "Print one JSON array");
    list->add_flag("--all", all_, "Also the models of the catalog that nothing is bound to");
    OnCommand(list, [this](const LoadedSettings& loaded) {
      return ListModels(loaded.settings, json_, all_);
    });

    auto* add = models->add_subcommand(
        "add", "Serve a GGUF file, or a model of another server, under an id of yours");
    add->add_option("id", model_.id, "The model's id, e.g. my.qwen3-8b-v1:0")->required();
    auto* file = add->add_option(
        "file", model_.file, "The GGUF file with its weights, or the reference of a pulled model");
    auto* url = add->add_option(
        "--url", model_.url, "Instead of a file: the server's address, e.g. http://gpu1:8000/v1");
    file->excludes(url);
    AddBesideWeights(add, file, model_);
    add->add_option("--protocol", model_.protocol, kProtocolHelp);
    add->add_option("--region", model_.region, kRegionHelp);
    add->add_option("--profile", model_.profile, kProfileHelp);
    add->add_option("--upstream-model", model_.upstream_model,
                    "What that server calls the model (default: the id)");
    add->add_option("--api-key-variable", model_.api_key_variable,
                    "The environment variable of `bedplate serve` that holds that server's key")
        ->needs(url);
    add->add_option("--name", model_.name, "The name shown to people");
    add->add_option("--provider", model_.provider, "Who made the model");
    AddUse(add, model_.use, "It makes embeddings instead of text",
           "It ranks documents by a query instead of making text");
    add->add_option("--family", model_.family,
                    "Whose bodies InvokeModel takes for it, e.g. anthropic-messages");
    OnCommand(add, [this](const LoadedSettings& loaded) {
      const bool at_server = !model_.url.empty() || model_.protocol == "bedrock";
      if (model_.file.empty() != at_server) {
        Complain("models add: give either a GGUF file or --url, or --protocol bedrock");
        return kExitUsage;
      }
      return AddModel(loaded.settings, model_);
    });

    auto* remove = models->add_subcommand("remove", "Take back a model you added");
    remove->add_option("id", model_.id, "The model's id")->required();
    OnCommand(remove, [this](const LoadedSettings& loaded) {
      return RemoveModel(loaded.settings, model_.id);
    });
    AddBinding(models);
    AddFit(models);
    AddPull(models);
  }

  static std::array<CLI::Option*, 2> AddUse(CLI::App* command, models::Use& use,
                                            const std::string& embeddings,
                                            const std::string& rerank) {
    auto* first = command->add_flag_callback(
        "--embeddings", [&use] { use = models::Use::kEmbeddings; }, embeddings);
    auto* second =
        command->add_flag_callback("--rerank", [&use] { use = models::Use::kRanking; }, rerank);
    first->excludes(second);
    return {first, second};
  }

  // `arguments`: of either command.
  template <class Arguments>
  static void AddBesideWeights(CLI::App* command, CLI::Option* weights, Arguments& arguments) {
    auto* lora =
        command
            ->add_option("--lora", arguments.lora_file,
                         "A GGUF file with a LoRA adapter for these weights: both together "
                         "are the model")
            ->needs(weights);
    command
        ->add_option("--lora-scale", arguments.lora_scale,
                     "How much of the adapter is added (default: 1)")
        ->needs(lora);
    command
        ->add_option("--projector", arguments.projector_file,
                     "The GGUF file with the model's projector (mmproj): it then takes images")
        ->needs(weights);
    command
        ->add_option(
            "--draft", arguments.draft_file,
            "A GGUF file of a small model with the same vocabulary, which guesses the next "
            "tokens while few requests run")
        ->needs(weights);
  }

  void AddBinding(CLI::App* models) {
    auto* bind = models->add_subcommand(
        "bind", "Say what answers for a model of the catalog, or for all that a pattern names");
    bind->add_option("pattern", binding_.pattern,
                     "A model's id, or a pattern in quotes: 'anthropic.*'; the most specific wins")
        ->required();
    auto* file = bind->add_option("--gguf", binding_.gguf,
                                  "A GGUF file, or the reference of a pulled model");
    auto* url =
        bind->add_option("--url", binding_.url, "A server's address, e.g. http://gpu1:8000/v1");
    auto* model = bind->add_option("--model", binding_.model, "Another model of this server");
    file->excludes(url)->excludes(model);
    AddBesideWeights(bind, file, binding_);
    url->excludes(model);
    bind->add_option("--protocol", binding_.protocol, kProtocolHelp);
    bind->add_option("--region", binding_.region, kRegionHelp);
    bind->add_option("--profile", binding_.profile, kProfileHelp);
    bind->add_option("--upstream-model", binding_.upstream_model,
                     "What that server calls the model (default: the id)");
    bind->add_option("--api-key-variable", binding_.api_key_variable,
                     "The environment variable of `bedplate serve` that holds that server's key")
        ->needs(url);
    for (CLI::Option* option :
         AddUse(bind, binding_.use,
                "The file or server makes embeddings: a pattern then binds models of embeddings",
                "The file or server ranks documents: a pattern then binds models that rerank")) {
      option->excludes(model);
    }
    OnCommand(bind, [this](const LoadedSettings& loaded) {
      if (binding_.gguf.empty() && binding_.url.empty() && binding_.model.empty() &&
          binding_.protocol != "bedrock") {
        Complain("models bind: give one of --gguf, --url and --model, or --protocol bedrock");
        return kExitUsage;
      }
      return BindModels(loaded.settings, binding_);
    });

    auto* unbind = models->add_subcommand("unbind", "Take back what `models bind` said");
    unbind->add_option("pattern", binding_.pattern, "The id or pattern as it was given")
        ->required();
    OnCommand(unbind, [this](const LoadedSettings& loaded) {
      return UnbindModels(loaded.settings, binding_.pattern);
    });
  }

  void AddPull(CLI::App* models) {
    auto* pull = models->add_subcommand(
        "pull", "Download a model from a hub and add it; goes on where an earlier pull was cut");
    pull->add_option("reference", pull_.reference,
                     "owner/repository, owner/repository:quantization, "
                     "owner/repository:file.gguf, or name:tag of an Ollama registry")
        ->required();
    pull->add_option("--hub", pull_.hub,
                     "The hub's URL (default: models.hugging_face_url or HF_ENDPOINT, or "
                     "models.ollama_url)");
    auto* id = pull->add_option("--id", pull_.id, "The model's id (default: from the reference)");
    pull->add_option("--projector", pull_.projector,
                     "The projector (mmproj) that comes with it: a file or a part of its name, or "
                     "none (default: the only one, or the one of F16 of several)");
    pull->add_flag("--only-files", pull_.only_files, "Download, and add no model")->excludes(id);
    OnCommand(pull,
              [this](const LoadedSettings& loaded) { return PullModel(loaded.settings, pull_); });
  }

  void AddFit(CLI::App* models) {
    auto* fit = models->add_subcommand(
        "fit", "Tell what memory models need, and whether this machine has it");
    auto* files = fit->add_option(
        "files", fit_.files, "GGUF files (default: the models whose weights are on this machine)");
    fit->add_option("--projector", fit_.projector, "The projector (mmproj) of the one file")
        ->needs(files);
    fit->add_option("--context", fit_.context,
                    "Tokens of all requests together (default: as the engine would choose)")
        ->check(CLI::Range(16, 4'194'304));
    fit->add_flag("--json", json_, "Print one JSON object");
    OnCommand(fit, [this](const LoadedSettings& loaded) {
      if (!fit_.projector.empty() && fit_.files.size() != 1) {
        Complain("models fit: a projector belongs to one file");
        return kExitUsage;
      }
      return FitModels(loaded.settings, fit_, json_);
    });
  }

  void AddSettings() {
    auto* command = app_.add_subcommand(
        "settings", "Print every setting, its value and where that came from, or one value");
    command->add_option("setting", setting_, "Only this one, e.g. data.folder");
    OnCommand(command,
              [this](const LoadedSettings& loaded) { return PrintSettings(loaded, setting_); });
  }

  void AddVersion() {
    app_.add_subcommand("version", "Print the version")->callback([this] { run_ = PrintVersion; });
  }

  CLI::App app_;
  std::string config_;
  std::vector<std::string> assignments_;
  ServeArguments serve_;
  bool bearer_ = false;
  bool json_ = false;
  bool all_ = false;
  bool keys_ = false;
  std::string account_name_;
  NewModelArguments model_;
  BindingArguments binding_;
  FitArguments fit_;
  PullArguments pull_;
  std::string setting_;
  std::function<int()> run_;
};

}  // namespace

int RunCommandLine(int argc, char** argv) {
  // A command says itself what it did; only `serve` keeps a log.
  log::SetLevel(log::Level::kWarning);
  return Program().Run(argc, argv);
}

}  // namespace bedplate::app
