// For tests: llama.cpp's unified KV cache, slow and obvious. A cell has a position, what was
// computed into it, and the set of sequences it belongs to; with none it is free. Refuses what
// llama.cpp refuses or what would make it answer wrongly, each with a message.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/scheduler/prefix_cache.h"
#include "engine/scheduler/types.h"

namespace bedplate::scheduler {

class UnifiedCacheModel {
 public:
  UnifiedCacheModel(uint32_t cells, uint32_t sequences)
      : cells_(cells), sequences_(sequences), length_(sequences, 0) {}

  // Empty, or what is wrong. What LoadCells brings is the test's to say, row by row (Compute).
  std::string Apply(const MemoryOperation& operation) {
    if (const auto* copy = std::get_if<CopyCells>(&operation)) return Copy(*copy);
    if (const auto* remove = std::get_if<RemoveCells>(&operation)) return Remove(*remove);
    if (const auto* save = std::get_if<SaveCells>(&operation)) return Save(*save);
    const auto& load = std::get<LoadCells>(operation);
    if (!InRange(load.sequence) || load.begin >= load.end) return "load: sequence or positions";
    return load.begin == length_[load.sequence] ? "" : "load: not behind what is there";
  }

  // Computes one row under `key`.
  std::string Compute(const CacheKey& key, Token token, Position position, SequenceId sequence) {
    if (!InRange(sequence)) return "row of an unknown sequence";
    if (position != length_[sequence]) return "positions of a sequence must be consecutive";
    for (Cell& cell : cells_) {
      if (cell.sequences.any()) continue;
      cell = {.position = position, .token = token, .key = key, .sequences = {}};
      cell.sequences.set(sequence);
      ++length_[sequence];
      return "";
    }
    return "no free cell";
  }

  uint32_t used() const {
    uint32_t used = 0;
    for (const Cell& cell : cells_) used += cell.sequences.any();
    return used;
  }

  uint32_t sequences_used() const {
    std::bitset<kSequencesMax> used;
    for (const Cell& cell : cells_) used |= cell.sequences;
    return used.count();
  }

  // What the model would see as the past of `sequence`; sets `wrong` when a position is missing or
  // there twice, or was computed under another key.
  std::vector<Token> Read(const CacheKey& key, SequenceId sequence, std::string& wrong) const {
    std::vector<Token> tokens(length_[sequence], -1);
    for (const Cell& cell : cells_) {
      if (!cell.sequences.test(sequence)) continue;
      if (cell.position >= length_[sequence]) wrong = "a cell behind the end";
      if (cell.key != key) wrong = "a cell of another adapter or scope";
      if (!wrong.empty()) return tokens;
      if (std::exchange(tokens[cell.position], cell.token) != -1) wrong = "a position twice";
    }
    for (const Token token : tokens) {
      if (token == -1) wrong = "a position is missing";
    }
    return tokens;
  }

 private:
  static constexpr size_t kSequencesMax = 256;
  struct Cell {
    Position position = 0;
    Token token = 0;
    CacheKey key;
    std::bitset<kSequencesMax> sequences;
  };

  bool InRange(SequenceId sequence) const {
    return sequence >= 0 && static_cast<uint32_t>(sequence) < sequences_;
  }

  std::string Copy(const CopyCells& copy) {
    if (!InRange(copy.from) || !InRange(copy.to) || copy.from == copy.to) return "copy: sequences";
    uint32_t copied = 0;
    for (Cell& cell : cells_) {
      if (!cell.sequences.test(copy.from)) continue;
      if (cell.position < copy.begin || cell.position >= copy.end) continue;
      if (cell.sequences.test(copy.to)) return "copy: has the cell already";
      cell.sequences.set(copy.to);
      ++copied;
    }
    if (copied != static_cast<uint32_t>(copy.end - copy.begin)) return "copy: source lacks cells";
    if (length_[copy.to] < copy.end) length_[copy.to] = copy.end;
    return "";
  }

  std::string Save(const SaveCells& save) const {
    if (!InRange(save.sequence) || save.begin < 0 || save.begin >= save.end) return "save: range";
    if (static_cast<size_t>(save.end) != save.tokens.size()) return "save: tokens";
    std::string wrong;
    std::vector<Token> held = Read(save.key, save.sequence, wrong);
    if (!wrong.empty()) return "save: " + wrong;
    held.resize(save.end, -1);
    return held == save.tokens ? "" : "save: the sequence has other tokens";
  }

  std::string Remove(const RemoveCells& remove) {
    if (!InRange(remove.sequence) || remove.begin < 0) return "remove: sequence or position";
    Position length = 0;
    for (Cell& cell : cells_) {
      if (!cell.sequences.test(remove.sequence)) continue;
      if (cell.position >= remove.begin && cell.position < remove.end) {
        cell.sequences.reset(remove.sequence);
      } else {
        length = std::max(length, cell.position + 1);
      }
    }
    length_[remove.sequence] = length;
    return "";
  }

  std::vector<Cell> cells_;
  uint32_t sequences_;
  std::vector<Position> length_;  // last position + 1
};

}  // namespace bedplate::scheduler
