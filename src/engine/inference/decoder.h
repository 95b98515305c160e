// What the inference loop needs of a loaded model: its KV cache and computation (Decoder; the
// real one is LlamaContext) and the meaning of its tokens (Vocabulary; Model). Tests of the loop
// bring their own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/text/token.h"

namespace bedplate::engine {

// Rows for one pass through the model, column by column. All spans have the same length.
struct DecodeRows {
  std::span<const TokenId> tokens;
  std::span<const int32_t> positions;  // in their sequence, from 0
  std::span<const int32_t> sequences;
  std::span<const int8_t> outputs;  // 1: the logits after this row are wanted
  // Where a row is of an image: what it is computed from, in place of its token; else null. Empty
  // when none is.
  std::span<const float* const> images{};
  // Of the model's, in force for all rows: the keys and values of each are with it alone. 0: none.
  uint32_t adapter = 0;
};

// Not thread-safe: the inference thread alone calls it.
class Decoder {
 public:
  virtual ~Decoder() = default;

  // Computes the rows and keeps their keys and values in the cache. Fails with kModelError, soon
  // after `give_up` became true (set by another thread) too; what the cache then holds of the
  // rows' sequences is unknown and must be removed.
  virtual Result<void> Decode(const DecodeRows& rows, const std::atomic<bool>& give_up) = 0;
  // Logits of a row of the last Decode that wanted an output. They may be changed, and are valid
  // until the next Decode. Empty when the row has none.
  virtual std::span<float> Logits(size_t row) = 0;

  // Positions begin .. end - 1 of `from` become positions of `to` as well; nothing is copied.
  virtual void CopySequence(int32_t from, int32_t to, int32_t begin, int32_t end) = 0;
  virtual void RemoveSequence(int32_t sequence, int32_t begin, int32_t end) = 0;
  // Empties the cache and gives its memory back to the system.
  virtual void Clear() = 0;

  // Copies of the cells that hold the positions begin .. end - 1 of `sequence`, all of which it
  // has, in a form that Load of the same model and kind of cache takes. Empty where it can't be
  // had.
  virtual std::vector<std::byte> Save(int32_t /*sequence*/, int32_t /*begin*/, int32_t /*end*/) {
    return {};
  }
  // New cells of what was saved; `sequence`, which has none of them, gets the positions begin ..
  // end - 1 that are among them. False where it does not fit or there is no room: then nothing is.
  virtual bool Load(std::span<const std::byte> /*saved*/, int32_t /*sequence*/, int32_t /*begin*/,
                    int32_t /*end*/) {
    return false;
  }
};

// Immutable, any thread.
class Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  // Appends the token's bytes, which may be part of a character. Control tokens have none.
  virtual void AppendPiece(TokenId token, std::string& out) const = 0;
  // Appends a control token's text ("[TOOL_CALLS]"), which AppendPiece leaves out.
  virtual void AppendControlText(TokenId token, std::string& out) const = 0;
  virtual bool EndsGeneration(TokenId token) const = 0;
};

}  // namespace bedplate::engine
