// The commands, one file each. Every one returns the exit status of the program (print.h) and has
// told the user what went wrong before it returns another than kExitSuccess.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config/load_settings.h"
#include "models/model.h"

namespace bedplate::app {

struct ServeArguments {
  bool quiet = false;  // prints nothing beside the log
  std::string record;  // a folder to record answers to, or empty
  std::string replay;  // a folder whose recordings answer, or empty; not both
};

// Serves until SIGTERM, SIGINT or SIGHUP.
int Serve(const LoadedSettings& loaded, const ServeArguments& arguments);

// Prints the shell lines that point the AWS SDKs at this server.
int PrintClientEnvironment(const Settings& settings, bool bearer);

// Makes another account of this server, and prints its root's credentials.
int AddAccount(const Settings& settings, const std::string& name, bool as_json);
// Prints the accounts, `keys`: with their roots' credentials.
int ListAccounts(const Settings& settings, bool keys, bool as_json);

// Prints whether a server runs and what it runs, as text or as one JSON object.
int PrintStatus(const Settings& settings, bool as_json);

struct NewModelArguments {
  std::string id;
  std::string file;       // a GGUF file, or empty
  std::string lora_file;  // a LoRA adapter for it, or empty
  std::optional<double> lora_scale;
  std::string projector_file;    // with which it takes images, or empty
  std::string draft_file;        // a small model that guesses for it, or empty
  std::string url;               // a server, or empty
  std::string protocol;          // that it speaks; empty: OpenAI's
  std::string upstream_model;    // what that server calls it
  std::string api_key_variable;  // environment variable with the key for it
  std::string region;            // of Amazon Bedrock, as the next
  std::string profile;
  std::string name;
  std::string provider;
  models::Use use = models::Use::kText;
  std::string family;  // whose native bodies it takes, or empty
};

// `all`: also the models of the catalog that nothing is bound to.
int ListModels(const Settings& settings, bool as_json, bool all);
int AddModel(const Settings& settings, const NewModelArguments& model);
struct BindingArguments {
  std::string pattern;    // an id, or '*' in it for any run of characters
  std::string gguf;       // a GGUF file, or empty; so url and model
  std::string lora_file;  // a LoRA adapter for it, or empty
  std::optional<double> lora_scale;
  std::string projector_file;    // with which it takes images, or empty
  std::string draft_file;        // a small model that guesses for it, or empty
  std::string url;               // a server
  std::string protocol;          // that it speaks; empty: OpenAI's
  std::string upstream_model;    // what that server calls it
  std::string api_key_variable;  // environment variable with the key for it
  std::string region;            // of Amazon Bedrock, as the next
  std::string profile;
  std::string model;                     // another model of this server
  models::Use use = models::Use::kText;  // what weights or server are for
};

// Says what answers for models of the catalog, or takes that back.
int BindModels(const Settings& settings, const BindingArguments& binding);
int UnbindModels(const Settings& settings, const std::string& pattern);

int RemoveModel(const Settings& settings, const std::string& id);

struct PullArguments {
  std::string reference;    // of a model of a hub
  std::string hub;          // its URL, or empty for that of the settings
  std::string id;           // of the model; empty: from the reference
  std::string projector;    // which of the hub's; empty: the only or the usual one
  bool only_files = false;  // add no model
};

// Downloads a model from a hub and adds it.
int PullModel(const Settings& settings, const PullArguments& arguments);

struct FitArguments {
  std::vector<std::string> files;  // GGUF files; none: the models that have weights here
  std::string projector;           // of the one file, or empty
  int context = 0;                 // tokens; 0: as the engine would choose
};

// Prints what memory models need and whether this machine has it.
int FitModels(const Settings& settings, const FitArguments& arguments, bool as_json);

// Prints every setting with its value and where that came from, or the value of one.
int PrintSettings(const LoadedSettings& loaded, const std::string& name);

int PrintVersion();

}  // namespace bedplate::app
