// Every fixed bound of the server in one place: how much an outsider can make us hold, parse or
// wait for. A bound that an operator may move is a setting instead (config/settings.json), whose
// own lowest and highest values stand there. Units are last in the name.
//
// A module that needs a new bound adds it here, with what it protects and where it comes from.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bedplate::limits {

// --- JSON -----------------------------------------------------------------------------------
// Nesting of a request body; deeper is refused before the parser's stack can be felt.
inline constexpr int kJsonDepthMax = 128;

// --- Request metadata (spec: bedrock-runtime#Converse requestMetadata) -----------------------
inline constexpr size_t kRequestMetadataEntriesMax = 16;
inline constexpr size_t kRequestMetadataCharactersMax = 256;  // of a key, and of a value

// --- Configuration ----------------------------------------------------------------------------
inline constexpr size_t kConfigurationFileBytesMax = 1 << 20;

// --- State ------------------------------------------------------------------------------------
// A database no larger than this is checked page by page before it is opened: some 20 ms.
inline constexpr uint64_t kDatabaseCheckBytesMax = 16ull << 20;
// How long one statement waits for another process's write (the command line's, say).
inline constexpr int kDatabaseBusyMsMax = 5'000;
inline constexpr int kDatabaseReadersMax = 4;

// --- Models added by the user -------------------------------------------------------------------
// spec: bedrock#BedrockModelId allows 140 characters.
inline constexpr size_t kModelIdCharactersMax = 140;
inline constexpr size_t kAddedModelsMax = 1'000;
// Each is compared with each model of the catalog whenever the models are read.
inline constexpr size_t kBindingsMax = 200;

// --- Resources of accounts
// ------------------------------------------------------------------------ spec: the service quotas
// of Amazon Bedrock (inference profiles an account), and of AWS's tags.
inline constexpr size_t kInferenceProfilesMax = 1'000;
inline constexpr size_t kTagsMax = 50;
// spec: platform.openai.com/docs/guides/your-data: responses are kept for 30 days.
inline constexpr int64_t kStoredResponseMsMax = int64_t{30} * 24 * 3'600'000;
// Of an account in a region; each holds its whole conversation, so a long one takes much.
inline constexpr uint64_t kStoredResponseBytesMax = 1ull << 30;
// Each is a name that the models are read with; the service publishes no quota of these.
inline constexpr size_t kModelEndpointsMax = 200;
inline constexpr size_t kPromptRoutersMax = 500;

// --- Keys (spec: the resource quotas of AWS KMS) -------------------------------------------------
inline constexpr size_t kKeysMax = 100'000;  // of an account in a region
inline constexpr size_t kAliasesOfKeyMax = 50;
inline constexpr size_t kGrantsOfKeyMax = 50'000;
inline constexpr size_t kKeyPolicyBytesMax = 32 << 10;
inline constexpr size_t kEncryptionContextBytesMax = 8 << 10;
inline constexpr int64_t kRotationsOnDemandMax = 25;  // of a key
// Keys whose opened material is held in memory; those asked for longest ago are read again.
inline constexpr size_t kOpenKeysMax = 10'000;
// What a command prints that gives the root key, or a file of it holds.
inline constexpr size_t kRootKeyBytesMax = 4 << 10;

// --- Engines --------------------------------------------------------------------------------
// Requests one engine computes at once: engine.sequences of the settings and --sequences of the
// engine. llama.cpp keeps 256 sequences; the rest is for prefixes that wait to be used again.
inline constexpr uint32_t kEngineSequencesMax = 192;
// The scale of a LoRA adapter is at most this, and at least its negative.
inline constexpr double kAdapterScaleMax = 100;

// --- Log ----------------------------------------------------------------------------------------
// Lines waiting for a slow terminal or pipe; beyond it they are dropped and counted.
inline constexpr size_t kLogBufferBytesMax = 1 << 20;
inline constexpr size_t kLogLineBytesMax = 16 << 10;

}  // namespace bedplate::limits
