#include "tests/wire/random_shape.h"

#include <bit>
#include <cmath>
#include <iterator>

namespace bedplate::wire {
namespace {

constexpr int kDepthMax = 4;

class RandomReader final : public ShapeReader {
 public:
  RandomReader(std::mt19937_64& random, const RandomOptions& options)
      : random_(random), options_(options) {}

  void Structure(const Shape& shape, void* object) override {
    ++depth_;
    for (uint32_t i = 0; i < shape.member_count; ++i) {
      const Member& member = shape.members[i];
      if (depth_ > kDepthMax || Below(3) == 0) continue;
      if (member.shape->kind == Kind::kDocument && !options_.documents) continue;
      shape.read(object, i, *this);
    }
    --depth_;
  }
  void List(const Shape& shape, void* vector) override {
    for (size_t i = Below(4); i > 0; --i) shape.read(vector, 0, *this);
  }
  void Map(const Shape& shape, void* map) override {
    for (size_t i = Below(4); i > 0; --i) {
      key_ = Text();
      shape.read(map, 0, *this);
    }
  }
  std::string& key() override { return key_; }
  void String(std::string& value) override { value = Text(); }
  void Integer(int32_t& value) override { value = static_cast<int32_t>(random_()); }
  void Long(int64_t& value) override {
    value = static_cast<int64_t>(random_()) >> static_cast<int>(Below(64));
  }
  void Float(float& value) override {
    value = std::bit_cast<float>(static_cast<uint32_t>(random_()));
    if (std::isnan(value)) value = std::numeric_limits<float>::infinity();
  }
  void Double(double& value) override {
    value = std::bit_cast<double>(random_());
    if (std::isnan(value)) value = -std::numeric_limits<double>::infinity();
  }
  void Boolean(bool& value) override { value = Below(2) == 0; }
  void ReadBlob(Blob& value) override {
    for (size_t i = Below(10); i > 0; --i) value.bytes += static_cast<char>(random_());
  }
  void ReadTimestamp(Timestamp& value) override {
    value.seconds = static_cast<int64_t>(Below(8'000'000'000)) - 4'000'000'000;
    const auto step = static_cast<uint64_t>(options_.nanoseconds_step);
    value.nanoseconds = static_cast<int32_t>(Below(1'000'000'000 / step) * step);
  }
  void ReadDocument(Document& value) override {
    value = Document::FromValidJson(Below(2) == 0 ? R"({"a":[1.50,null]})" : "7");
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  std::string Text() {
    static constexpr const char* kPieces[] = {"a",      "<", "&amp;", "\"",  "'",    "]]>",
                                              "\u00e9", " ", "Z",     ".",   "\r\n", "\u20ac",
                                              "%",      "=", "&",     "\x01"};
    const size_t pieces = std::size(kPieces) - (options_.control_characters ? 0 : 1);
    std::string text;
    for (size_t i = Below(6); i > 0; --i) text += kPieces[Below(pieces)];
    return text;
  }

  std::mt19937_64& random_;
  const RandomOptions& options_;
  int depth_ = 0;
  std::string key_;
};

}  // namespace

void FillRandom(std::mt19937_64& random, const RandomOptions& options, const Shape& shape,
                void* object) {
  RandomReader(random, options).Structure(shape, object);
}

}  // namespace bedplate::wire
