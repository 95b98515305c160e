#include "account/objects/blob_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "base/testing/temporary_folder.h"

namespace bedplate::account::objects {
namespace {

namespace files = std::filesystem;

std::string RandomText(size_t size, uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

class BlobFolderTest : public testing::Test {
 protected:
  std::unique_ptr<BlobFolder> OpenFolder() {
    return std::move(
        *BlobFolder::Open(temporary_.path(), *BlobKeys::Open(temporary_.path(), nullptr, "r")));
  }
  std::string Store(std::string_view bytes) {
    auto draft = std::move(*folder_->Create({}));
    EXPECT_TRUE(draft->writer().Append(bytes));
    EXPECT_TRUE(draft->writer().Finish());
    draft->Keep();
    return draft->blob();
  }
  files::path PathOf(const std::string& blob) const {
    return temporary_.path() / "blobs" / blob.substr(0, 2) / blob;
  }
  // All of it, or "!" and why not.
  std::string Load(const std::string& blob) {
    auto reader = folder_->OpenBlob(blob);
    if (!reader) return "!" + reader.error().message;
    std::string out;
    auto read = (*reader)->Read(out, 0, (*reader)->size_bytes());
    return read ? out : "!" + read.error().message;
  }
  void Overwrite(const std::string& blob, const std::string& bytes) {
    std::ofstream(PathOf(blob), std::ios::binary | std::ios::trunc) << bytes;
  }
  std::string RawOf(const std::string& blob) {
    std::ifstream in(PathOf(blob), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TemporaryFolder temporary_;
  std::unique_ptr<BlobFolder> folder_ = OpenFolder();
};

TEST_F(BlobFolderTest, KeepsBytesOfEverySizeAcrossRestarts) {
  const size_t frame = kFrameBytes;
  for (const size_t size : {size_t{0}, size_t{1}, frame - 1, frame, frame + 1, 2 * frame,
                            2 * frame + 1, 20 * frame + 77}) {
    const std::string bytes = RandomText(size);
    const std::string blob = Store(bytes);
    EXPECT_EQ(Load(blob), bytes) << size;
    folder_ = OpenFolder();
    EXPECT_EQ(Load(blob), bytes) << size;
  }
}

TEST_F(BlobFolderTest, ReadsAnyPart) {
  const std::string bytes = RandomText(5 * kFrameBytes + 99);
  const auto reader = std::move(*folder_->OpenBlob(Store(bytes)));
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const size_t offset = random() % bytes.size();
    const size_t size = random() % (bytes.size() - offset + 1);
    std::string out = "before";
    ASSERT_TRUE(reader->Read(out, offset, size));
    ASSERT_EQ(out, "before" + bytes.substr(offset, size));
  }
  std::string out;
  EXPECT_FALSE(reader->Read(out, bytes.size(), 1));
  EXPECT_FALSE(reader->Read(out, 0, bytes.size() + 1));
}

TEST_F(BlobFolderTest, NothingOfTheBytesIsInTheFile) {
  const std::string blob = Store(std::string(1000, 'x') + "a secret that stands out");
  EXPECT_EQ(RawOf(blob).find("secret"), std::string::npos);
  EXPECT_EQ(RawOf(blob).find("xxxx"), std::string::npos);
  EXPECT_EQ(files::status(PathOf(blob)).permissions(),
            files::perms::owner_read | files::perms::owner_write);
}

TEST_F(BlobFolderTest, AChangedByteAnywhereIsSeen) {
  const std::string bytes = RandomText(2 * kFrameBytes + 50);
  const std::string blob = Store(bytes);
  const std::string raw = RawOf(blob);
  std::mt19937 random(5);
  for (int i = 0; i < 60; ++i) {
    std::string changed = raw;
    // The head's every byte first, then anywhere.
    const size_t at = i < 20 ? static_cast<size_t>(i) * 4 : random() % raw.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << (random() % 8)));
    Overwrite(blob, changed);
    EXPECT_TRUE(Load(blob).starts_with('!')) << at;
  }
  Overwrite(blob, raw);
  EXPECT_EQ(Load(blob), bytes);
}

TEST_F(BlobFolderTest, ACutFileIsSeenWhereverItIsCut) {
  const std::string blob = Store(RandomText(3 * kFrameBytes));
  const std::string raw = RawOf(blob);
  const size_t head = raw.size() - 3 * kSealedFrameBytes;
  for (const size_t size :
       {size_t{0}, size_t{5}, head - 1, head, head + 1, head + 16, head + kSealedFrameBytes,
        head + 2 * kSealedFrameBytes, head + 2 * kSealedFrameBytes + 16, raw.size() - 1}) {
    Overwrite(blob, raw.substr(0, size));
    EXPECT_TRUE(Load(blob).starts_with('!')) << size;
  }
}

TEST_F(BlobFolderTest, SwappedFramesAndSwappedFilesAreSeen) {
  const std::string blob = Store(RandomText(4 * kFrameBytes));
  const std::string other = Store(RandomText(4 * kFrameBytes, 2));
  const std::string raw = RawOf(blob);
  const size_t head = raw.size() - 4 * kSealedFrameBytes;
  std::string swapped = raw;
  std::swap_ranges(swapped.begin() + static_cast<long>(head),
                   swapped.begin() + static_cast<long>(head + kSealedFrameBytes),
                   swapped.begin() + static_cast<long>(head + kSealedFrameBytes));
  Overwrite(blob, swapped);
  EXPECT_TRUE(Load(blob).starts_with('!'));
  Overwrite(blob, RawOf(other));
  EXPECT_TRUE(Load(blob).starts_with('!'));
  Overwrite(blob, raw + RawOf(other).substr(head, kSealedFrameBytes));
  EXPECT_TRUE(Load(blob).starts_with('!'));
}

TEST_F(BlobFolderTest, AnotherStoreKeyOpensNothing) {
  const std::string blob = Store("content");
  files::remove(temporary_.path() / "store.key");
  folder_ = OpenFolder();
  EXPECT_TRUE(Load(blob).starts_with('!'));
}

TEST_F(BlobFolderTest, WhatIsNotKeptGoes) {
  std::string blob;
  {
    const auto draft = std::move(*folder_->Create({}));
    blob = draft->blob();
    EXPECT_TRUE(draft->writer().Append(RandomText(3 * kFrameBytes)));
    EXPECT_TRUE(files::exists(PathOf(blob)));
  }
  EXPECT_FALSE(files::exists(PathOf(blob)));
  EXPECT_EQ(folder_->OpenBlob(blob).error().fault, Fault::kNotFound);
}

TEST_F(BlobFolderTest, ReadersGoOnWhenABlobIsRemoved) {
  const std::string bytes = RandomText(3 * kFrameBytes);
  const std::string blob = Store(bytes);
  const auto reader = std::move(*folder_->OpenBlob(blob));
  folder_->Remove({blob});
  std::string out;
  EXPECT_TRUE(reader->Read(out, 0, bytes.size()));
  EXPECT_EQ(out, bytes);
}

TEST_F(BlobFolderTest, TheEndWaitsForWhatIsRemovedSoon) {
  constexpr size_t kMany = 1100;  // some more than may wait
  std::vector<std::string> gone;
  for (int i = 0; i < 3; ++i) gone.push_back(Store("over"));
  const std::string pinned = Store("pinned");
  const std::string kept = Store("kept");
  folder_->Pin(pinned);
  for (const std::string& blob : gone) folder_->RemoveSoon({blob});
  folder_->RemoveSoon({pinned});
  folder_->RemoveSoon(std::vector(kMany, gone.front()));
  folder_.reset();
  for (const std::string& blob : gone) EXPECT_FALSE(files::exists(PathOf(blob)));
  EXPECT_TRUE(files::exists(PathOf(pinned)));
  EXPECT_TRUE(files::exists(PathOf(kept)));
}

TEST_F(BlobFolderTest, TheSweepTakesWhatNobodyNamesOrWrites) {
  const std::string named = Store("named");
  const std::string orphan = Store("orphan");
  const auto draft = std::move(*folder_->Create({}));
  std::ofstream(temporary_.path() / "blobs" / "ab" / "a file of the user's") << "x";
  const auto is_named = [&](const std::string& blob) -> Result<bool> { return blob == named; };
  EXPECT_EQ(*folder_->Sweep(is_named), 1u);
  EXPECT_TRUE(files::exists(PathOf(named)));
  EXPECT_FALSE(files::exists(PathOf(orphan)));
  EXPECT_TRUE(files::exists(PathOf(draft->blob())));
  EXPECT_EQ(*folder_->Sweep(is_named), 0u);
}

}  // namespace
}  // namespace bedplate::account::objects
