// print_features < questions.jsonl: the features of each line's "prompt", as the server computes
// them, parted by tabs; a line of names first. train.py reads it, so that what is learned is of the
// very numbers that are judged by.
//
// Threads: one.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/json/value.h"
#include "runtime/routing/prompt_features.h"

int main() {
  const char* separator = "";
  for (const std::string_view name : bedplate::runtime::kPromptFeatureNames) {
    std::printf("%s%s", separator, std::string(name).c_str());
    separator = "\t";
  }
  std::printf("\n");
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = bedplate::json::Value::Parse(text);
    const auto* prompt = line ? line->Find("prompt") : nullptr;
    if (prompt == nullptr || prompt->AsString() == nullptr) return 1;
    separator = "";
    for (const double value : bedplate::runtime::FeaturesOf(*prompt->AsString())) {
      std::printf("%s%.9g", separator, value);
      separator = "\t";
    }
    std::printf("\n");
  }
  return 0;
}
