// Our frames against botocore's decoder and its cases against ours; see
// event_stream_with_botocore.py, which runs before and after.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/environment.h"
#include "wire/event_stream.h"

namespace bedplate::wire::event_stream {
namespace {

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(byte) >> 4];
    hex += kDigits[static_cast<uint8_t>(byte) & 15];
  }
  return hex;
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

class BotocoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = Find(ReadEnvironment(), "BEDPLATE_EVENT_STREAM_FOLDER");
    if (!folder) GTEST_SKIP() << "run by ctest, which lets botocore make its part first";
    folder_ = *folder;
  }
  std::filesystem::path folder_;
};

TEST_F(BotocoreTest, CasesAreReadAsBotocoreReadsThem) {
  std::ifstream file(folder_ / "from_botocore.txt");
  int good = 0;
  int bad = 0;
  for (std::string verdict, hex; file >> verdict >> hex;) {
    FrameDecoder decoder;
    decoder.Push(FromHex(hex));
    Frame frame;
    const auto next = decoder.Next(frame);
    if (verdict == "good") {
      EXPECT_TRUE(next && *next) << hex;
      ++good;
    } else {
      EXPECT_FALSE(next) << hex;
      ++bad;
    }
  }
  EXPECT_GE(good, 9);
  EXPECT_GE(bad, 7);
}

// A random value, appended to the line as botocore will understand it.
HeaderValue RandomValue(std::mt19937& random, std::string& line, std::string& memory) {
  const auto number = static_cast<int64_t>((uint64_t{random()} << 32) | random());
  const auto integer = [&line](auto value) {
    line += "=integer=" + std::to_string(value);
    return HeaderValue(value);
  };
  switch (random() % 9) {
    case 0:
      line += number % 2 != 0 ? "=bool=true" : "=bool=false";
      return number % 2 != 0;
    case 1:
      return integer(static_cast<int8_t>(number));
    case 2:
      return integer(static_cast<int16_t>(number));
    case 3:
      return integer(static_cast<int32_t>(number));
    case 4:
      return integer(number);
    case 5:
      line += "=integer=" + std::to_string(number);
      return TimestampMs{number};
    case 6:
      memory = std::string(random() % 300, static_cast<char>(random()));
      line += "=bytes=" + ToHex(memory);
      return Bytes{memory};
    case 7: {
      Uuid uuid;
      for (auto& byte : uuid) byte = static_cast<uint8_t>(random());
      line += "=bytes=" + ToHex({reinterpret_cast<const char*>(uuid.data()), uuid.size()});
      return uuid;
    }
    default:
      memory = std::string(random() % 300, 'x') + "\xc3\xa4\xf0\x9f\x98\x80";
      line += "=text=" + ToHex(memory);
      return std::string_view(memory);
  }
}

TEST_F(BotocoreTest, GetsFramesToRead) {
  std::ofstream file(folder_ / "to_botocore.txt", std::ios::trunc);
  std::mt19937 random(20240601);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each run
  for (int i = 0; i < 200; ++i) {
    std::string payload(random() % 2000, '\0');
    for (char& byte : payload) byte = static_cast<char>(random());
    std::string line = " " + ToHex(payload);
    std::string out;
    FrameWriter frame(out);
    const size_t headers = random() % 8;
    for (size_t h = 0; h < headers; ++h) {
      const std::string name = "header-" + std::to_string(h) + std::string(random() % 200, 'n');
      line += " " + ToHex(name);
      std::string memory;
      frame.TypedHeader(name, RandomValue(random, line, memory));
    }
    frame.Payload().append(payload);
    ASSERT_TRUE(frame.Finish());
    file << ToHex(out) << line << "\n";
  }
}

}  // namespace
}  // namespace bedplate::wire::event_stream
