#include "models/formats/prompt_turns.h"

#include <gtest/gtest.h>

#include <string>

namespace bedplate::models {
namespace {

constexpr PromptTemplate kHeaders{.user = "<h>user</h>",
                                  .assistant = "<h>bot</h>",
                                  .system = "<h>system</h>",
                                  .begin = "<begin>",
                                  .end = "<end>",
                                  .reserved = "<h>"};

// "s:..|u:..|a:..", or "none".
std::string Turns(std::string_view prompt, const PromptTemplate& marks) {
  const auto turns = SplitTurns(prompt, marks);
  if (!turns) return "none";
  std::string all;
  for (const ChatTurn& turn : *turns) {
    if (!all.empty()) all += '|';
    all += turn.role == ChatRole::kSystem ? 's' : turn.role == ChatRole::kUser ? 'u' : 'a';
    all += ':' + turn.text;
  }
  return all;
}

TEST(SplitTurns, FollowsHeaders) {
  EXPECT_EQ(Turns("<begin><h>user</h>\n\nHi<end><h>bot</h>\n\n", kHeaders), "u:Hi");
  EXPECT_EQ(Turns("<begin>\n<h>system</h>Be kind.<end>\n<h>user</h>Hi<end>\n<h>bot</h>Yo<end>\n"
                  "<h>user</h>Bye<end>\n<h>bot</h> So",
                  kHeaders),
            "s:Be kind.|u:Hi|a:Yo|u:Bye|a:So");
  EXPECT_EQ(Turns("Be kind.<h>user</h>Hi<h>bot</h>", kHeaders), "s:Be kind.|u:Hi");
}

TEST(SplitTurns, LeavesWhatIsNoTemplate) {
  for (const char* prompt : {
           "Hi",
           "<h>user</h>Hi<end>",                                         // no answer is asked for
           "<h>bot</h>Hi",                                               // no question
           "<h>user</h><end><h>bot</h>",                                 // an empty one
           "<h>user</h>Hi<h>user</h>Ho<h>bot</h>",                       // two in a row
           "<h>user</h>Hi<h>bot</h>Yo<end>",                             // an answer that is over
           "<h>user</h>Hi<h>tool</h>12<h>bot</h>",                       // a mark nobody knows
           "<h>user</h>Hi<h>system</h>Be kind.<h>user</h>Hi<h>bot</h>",  // the system in between
           "<h>system</h>A<h>system</h>B<h>user</h>Hi<h>bot</h>",        // and twice
           "Before<h>system</h>B<h>user</h>Hi<h>bot</h>",                // and text before it
       }) {
    EXPECT_EQ(Turns(prompt, kHeaders), "none") << prompt;
  }
}

TEST(SplitTurns, FollowsInstructions) {
  EXPECT_EQ(Turns("<s>[INST] Hi [/INST]", kInstructions), "u:Hi");
  EXPECT_EQ(Turns("<s>[INST] Hi [/INST] Yo</s>[INST] Bye [/INST]", kInstructions),
            "u:Hi|a:Yo|u:Bye");
  EXPECT_EQ(Turns("<s>[INST] Hi [/INST] Yo </s><s>[INST] Bye [/INST] So", kInstructions),
            "u:Hi|a:Yo|u:Bye|a:So");
  EXPECT_EQ(Turns("<s>Be kind.\n[INST] Hi [/INST]", kInstructions), "s:Be kind.|u:Hi");
  EXPECT_EQ(Turns("<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi [/INST]", kInstructions),
            "s:Be kind.|u:Hi");
  EXPECT_EQ(Turns("<<SYS>> Be kind. <</SYS>>\n[INST] Hi [/INST]", kInstructions),
            "s:Be kind.|u:Hi");
  EXPECT_EQ(Turns("[INST] <<SYS>><</SYS>> Hi [/INST]", kInstructions), "u:Hi");
  EXPECT_EQ(Turns("<<SYS>><</SYS>>[INST] Hi [/INST]", kInstructions), "u:Hi");
  for (const char* prompt :
       {"[INST] <<SYS>> Be kind. Hi [/INST]", "[INST] <<SYS>>Be kind.<</SYS>> [/INST]",
        "<<SYS>> A <</SYS>> B [INST] Hi [/INST]", "[INST] Hi [/INST] Yo</s>"}) {
    EXPECT_EQ(Turns(prompt, kInstructions), "none") << prompt;
  }
}

TEST(PromptTurns, TakesTheTemplateThatFitsOrThePromptAsItIs) {
  constexpr PromptTemplate kTemplates[] = {kHeaders, kInstructions};
  auto first = [&](std::string_view prompt) {
    return PromptTurns(prompt, kTemplates).front().text;
  };
  EXPECT_EQ(first("<h>user</h>Hi<h>bot</h>"), "Hi");
  EXPECT_EQ(first("[INST] Hi [/INST]"), "Hi");
  EXPECT_EQ(first(" <h>user</h>Hi "), " <h>user</h>Hi ");
}

}  // namespace
}  // namespace bedplate::models
