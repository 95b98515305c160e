#include "engine/llamacpp/projector.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "clip.h"
#include "engine/llamacpp/backend.h"
#include "ggml-backend.h"
#include "gguf.h"
#include "llama.h"
#include "mtmd.h"

namespace bedplate::engine {
namespace {

// Between so many operations of a computation it is asked whether anyone still waits; a layer of an
// encoder has some thirty.
constexpr int kOperationsBetweenQuestions = 64;

struct FreeChunk {
  void operator()(mtmd_input_chunk* chunk) const { mtmd_input_chunk_free(chunk); }
};

class MtmdChunk final : public ImageChunk {
 public:
  MtmdChunk(const mtmd_input_chunk* chunk, const ProjectorInfo& info)
      : chunk_(mtmd_input_chunk_copy(chunk)), bytes_(BytesOf(positions(), info)) {}
  uint32_t positions() const override {
    return static_cast<uint32_t>(mtmd_input_chunk_get_n_tokens(chunk_.get()));
  }
  uint64_t bytes() const override { return bytes_; }
  const mtmd_input_chunk* get() const { return chunk_.get(); }

 private:
  // llama.cpp does not tell how many pixels a stretch has: an encoder of one size has those of that
  // size, any other those that its positions stand for.
  static uint64_t BytesOf(uint64_t positions, const ProjectorInfo& info) {
    const uint64_t one_size = uint64_t{info.image_side} * info.image_side;
    const uint64_t side = uint64_t{info.position_side};
    const uint64_t pixels = std::max(one_size, positions * side * side);
    return (pixels * 3 + positions * info.embedding_length) * sizeof(float);
  }

  std::unique_ptr<mtmd_input_chunk, FreeChunk> chunk_;
  uint64_t bytes_;
};

std::unexpected<Error> Unusable(const std::string& path, std::string_view reason) {
  return Fail(Fault::kValidation,
              fmt::format("the projector file {} is not usable: {}", path, reason));
}

// llama.cpp's last words, which name one of its functions first.
std::string Reason() {
  std::string line = TakeLastError();
  if (line.empty()) return "llama.cpp cannot read it";
  for (const std::string_view mark : {"error: ", "failed to load model '", "': ", "operator(): "}) {
    if (const size_t at = line.find(mark); at != std::string::npos) line.erase(0, at + mark.size());
  }
  return line.substr(0, line.find('\n'));
}

// What the file's list of contents says.
struct Contents {
  std::string kind;  // the file's own word for what it is; empty when there is none
  bool has_class_embedding = false;
  uint32_t image_side = 0;
  uint32_t position_side = 0;
};

// 0 where the file does not say.
uint32_t NumberOf(const gguf_context* file, const char* key) {
  const int64_t at = gguf_find_key(file, key);
  if (at < 0 || gguf_get_kv_type(file, at) != GGUF_TYPE_UINT32) return 0;
  return gguf_get_val_u32(file, at);
}

Contents ContentsOf(const std::string& path) {
  const gguf_init_params params{.no_alloc = true, .ctx = nullptr};
  const std::unique_ptr<gguf_context, decltype(&gguf_free)> file(
      gguf_init_from_file(path.c_str(), params), gguf_free);
  Contents contents;
  if (file == nullptr) return contents;
  // spec: llama.cpp tools/mtmd/clip-impl.h, KEY_PROJ_TYPE, KEY_VISION_PROJ_TYPE, KEY_IMAGE_SIZE,
  // KEY_PROJ_SCALE_FACTOR, KEY_SPATIAL_MERGE_SIZE, KEY_PATCH_SIZE, TN_CLASS_EMBD
  for (const char* key : {"clip.projector_type", "clip.vision.projector_type"}) {
    const int64_t at = gguf_find_key(file.get(), key);
    if (at < 0 || gguf_get_kv_type(file.get(), at) != GGUF_TYPE_STRING) continue;
    contents.kind = gguf_get_val_str(file.get(), at);
  }
  contents.image_side = NumberOf(file.get(), "clip.vision.image_size");
  const uint32_t merged = std::max({1U, NumberOf(file.get(), "clip.vision.projector.scale_factor"),
                                    NumberOf(file.get(), "clip.vision.spatial_merge_size")});
  contents.position_side = NumberOf(file.get(), "clip.vision.patch_size") * merged;
  contents.has_class_embedding = gguf_find_tensor(file.get(), "v.class_embd") >= 0;
  return contents;
}

// In the graph of these encoders this llama.cpp puts the class embedding behind the patches, and
// then takes rows and positions as if it stood before them. spec: llama.cpp
// tools/mtmd/models/llava.cpp, and clip.cpp where it sets "positions", "patches"
bool HasClassBehindPatches(const Contents& contents) {
  return contents.has_class_embedding &&
         (contents.kind == "mlp" || contents.kind.starts_with("ldp"));
}

// Has an operation of such a graph that is about to be computed take the rows that it means: the
// class embedding's position is the first, and it is none of the rows that are given out. Attention
// looks at all rows alike, wherever they stand.
void PutClassFirst(ggml_tensor& operation) {
  ggml_tensor* places = operation.op == GGML_OP_GET_ROWS ? operation.src[1] : nullptr;
  if (places == nullptr || places->type != GGML_TYPE_I32) return;
  const std::string_view name = places->name;
  const bool positions = name == "positions";
  if (!positions && name != "patches") return;
  std::vector<int32_t> order(static_cast<size_t>(places->ne[0]));
  std::iota(order.begin(), order.end(), positions ? 1 : 0);
  if (positions) order.back() = 0;
  ggml_backend_tensor_set(places, order.data(), 0, order.size() * sizeof(int32_t));
}

// Reads what describes the projector and no weights.
Result<uint32_t> EmbeddingLengthOf(const std::string& path) {
  clip_context_params params{};
  params.no_alloc = true;
  params.image_min_tokens = -1;
  params.image_max_tokens = -1;
  const clip_init_result read = clip_init(path.c_str(), params);
  const uint32_t length =
      read.ctx_v == nullptr ? 0 : static_cast<uint32_t>(clip_n_mmproj_embd(read.ctx_v));
  const bool hears = read.ctx_a != nullptr;
  for (clip_ctx* context : {read.ctx_v, read.ctx_a, read.ctx_gen_a}) clip_free(context);
  if (length > 0) return length;
  return Unusable(path, hears ? "it encodes sounds and no images" : Reason());
}

mtmd_context_params ParamsFor(int threads) {
  mtmd_context_params params = mtmd_context_params_default();
  params.use_gpu = false;
  params.print_timings = false;
  params.n_threads = threads;
  params.warmup = false;
  // ggml's own is slower on a processor than none.
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  return params;
}

// With an image of the size that the encoder is warmed up with.
uint64_t BytesOf(const std::string& path) {
  mtmd_context_params params = ParamsFor(1);
  params.warmup = true;
  uint64_t bytes = 0;
  for (const auto& [device, taken] : mtmd_get_memory_usage(path.c_str(), params)) bytes += taken;
  return bytes;
}

// ggml asks before an operation whether it is to be told of it, and then tells: until it is told,
// operations are computed together. False ends the computation.
bool BetweenOperations(ggml_tensor* tensor, bool ask, void* interruption) {
  auto& state = *static_cast<EncodingInterruption*>(interruption);
  if (ask && state.class_behind_patches) PutClassFirst(*tensor);
  if (ask) return ++state.operations % kOperationsBetweenQuestions == 0;
  return state.give_up == nullptr || !(*state.give_up)();
}

}  // namespace

Result<std::unique_ptr<Projector>> Projector::Load(const std::string& path, const Model& model,
                                                   int threads) {
  ReportCrashesAsBadModel(path);
  std::unique_ptr<Projector> projector(new Projector);
  const auto length = EmbeddingLengthOf(path);
  if (!length) {
    StopReportingCrashes();
    return std::unexpected(length.error());
  }
  const Contents contents = ContentsOf(path);
  projector->interruption_.class_behind_patches = HasClassBehindPatches(contents);
  projector->info_ = {.kind = contents.kind,
                      .embedding_length = *length,
                      .bytes = 0,
                      .image_side = contents.image_side,
                      .position_side = contents.position_side};
  const auto wanted = static_cast<uint32_t>(llama_model_n_embd_inp(model.handle()));
  if (*length != wanted) {
    StopReportingCrashes();
    return Fail(Fault::kValidation,
                fmt::format("the projector file {} does not fit the model: it makes rows of {} "
                            "numbers, and the model takes rows of {}",
                            path, *length, wanted));
  }
  projector->info_.bytes = BytesOf(path);
  mtmd_context_params params = ParamsFor(threads);
  params.cb_eval = BetweenOperations;
  params.cb_eval_user_data = &projector->interruption_;
  projector->context_ = mtmd_init_from_file(path.c_str(), model.handle(), params);
  StopReportingCrashes();
  if (projector->context_ == nullptr) return Unusable(path, Reason());
  if (mtmd_decode_use_mrope(projector->context_)) {
    return Unusable(path,
                    "the model gives images positions in width and height (M-RoPE), which this "
                    "engine does not compute");
  }
  if (mtmd_decode_use_non_causal(projector->context_, nullptr)) {
    return Unusable(path,
                    fmt::format("in a model of its kind ({}) all of an image is computed at once, "
                                "which this engine does not do",
                                projector->info_.kind));
  }
  return projector;
}

Projector::~Projector() { mtmd_free(context_); }

Result<std::vector<ImagePiece>> Projector::Prepare(const RgbImage& image) const {
  const mtmd::bitmap bitmap(image.width, image.height,
                            reinterpret_cast<const unsigned char*>(image.pixels.data()));
  const mtmd_input_part part{.text = nullptr, .bitmap = bitmap.ptr.get()};
  const mtmd_input_part* const parts[] = {&part};
  const mtmd::input_chunks chunks(mtmd_input_chunks_init());
  // Beginning and end of a prompt are the tokenizer's.
  if (mtmd_tokenize_from_parts(context_, chunks.ptr.get(), parts, 1, /*add_special=*/false) != 0) {
    return Fail(Fault::kValidation,
                fmt::format("the model can't take an image of {} by {} pixels: {}", image.width,
                            image.height, Reason()));
  }
  std::vector<ImagePiece> pieces;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const mtmd_input_chunk* chunk = chunks[i];
    if (mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT) {
      size_t count = 0;
      const llama_token* tokens = mtmd_input_chunk_get_tokens_text(chunk, &count);
      pieces.emplace_back(std::vector<TokenId>(tokens, tokens + count));
    } else {
      pieces.emplace_back(std::make_shared<const MtmdChunk>(chunk, info_));
    }
  }
  return pieces;
}

Result<ImageRows> Projector::Encode(const ImageChunk& chunk, const std::function<bool()>& give_up) {
  interruption_.give_up = &give_up;
  interruption_.operations = 0;
  const int code = mtmd_encode_chunk(context_, static_cast<const MtmdChunk&>(chunk).get());
  interruption_.give_up = nullptr;
  if (give_up()) return Fail(Fault::kModelError, "nobody waits for the image any more");
  if (code != 0) return Fail(Fault::kModelError, "the image can't be encoded: " + Reason());
  const float* rows = mtmd_get_output_embd(context_);
  return ImageRows(rows, rows + size_t{chunk.positions()} * info_.embedding_length);
}

}  // namespace bedplate::engine
