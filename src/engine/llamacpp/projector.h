// Projector: the part of a model that makes rows of embeddings of images, from a GGUF file of its
// own, which llama.cpp's mtmd reads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/inference/prompt_image.h"
#include "engine/llamacpp/model.h"

struct mtmd_context;

namespace bedplate::engine {

struct ProjectorInfo {
  std::string kind;               // as the file says, e.g. "mlp" or "idefics3"
  uint32_t embedding_length = 0;  // of a row; the model's own
  uint64_t bytes = 0;             // that weights and computation take
  // Of the encoder, in pixels, where the file says so: the one size that it takes, or that of a
  // part; and what a row stands for.
  uint32_t image_side = 0;
  uint32_t position_side = 0;
};

// What an image becomes in a prompt: tokens of the vocabulary, such as those that say that an image
// begins, and stretches that are encoded.
using ImagePiece = std::variant<std::vector<TokenId>, std::shared_ptr<const ImageChunk>>;

// What a computation asks on its way, and what is put right in it; for this folder.
struct EncodingInterruption {
  const std::function<bool()>* give_up = nullptr;
  int operations = 0;
  bool class_behind_patches = false;
};

class Projector final : public ImageEncoder {
 public:
  // Reads `path` for `model`, which outlives it and may be weightless. kValidation with what is
  // wrong with the file, or in what it does not fit the model: rows of another length, an encoder
  // of sounds alone, or a kind whose rows can't be computed one after the other as tokens are. A
  // file that makes llama.cpp crash ends the process as backend.h says.
  static Result<std::unique_ptr<Projector>> Load(const std::string& path, const Model& model,
                                                 int threads);
  ~Projector() override;
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  const ProjectorInfo& info() const { return info_; }

  // Scales and cuts the image as the projector wants it; not encoded yet. kValidation when it can't
  // be taken. Any thread; takes milliseconds for each million pixels.
  Result<std::vector<ImagePiece>> Prepare(const RgbImage& image) const;

  // One thread at a time.
  Result<ImageRows> Encode(const ImageChunk& chunk, const std::function<bool()>& give_up) override;

 private:
  Projector() = default;

  ProjectorInfo info_;
  EncodingInterruption interruption_;
  mtmd_context* context_ = nullptr;
};

}  // namespace bedplate::engine
