#include "account/objects/content.h"

#include <fmt/format.h>

#include <algorithm>

#include "account/objects/s3_error.h"

namespace bedplate::account::objects {

Result<std::unique_ptr<ContentWriter>> ContentWriter::Begin(BlobFolder& folder,
                                                            const BlobProtection& protection,
                                                            Checksum algorithm) {
  auto draft = folder.Create(protection);
  if (!draft) return std::unexpected(std::move(draft.error()));
  return std::unique_ptr<ContentWriter>(new ContentWriter(std::move(*draft), algorithm));
}

Result<void> ContentWriter::Append(std::string_view bytes) {
  md5_hasher_->Update(bytes);
  if (hasher_) hasher_->Update(bytes);
  return draft_->writer().Append(bytes);
}

Result<void> ContentWriter::Finish(const Expected& expected) {
  md5_ = md5_hasher_->Finish();
  if (hasher_) checksum_ = hasher_->Finish();
  if (algorithm_ == Checksum::kMd5) checksum_ = md5_;
  if (!expected.md5.empty() && expected.md5 != md5_) {
    return S3Fail("BadDigest", 400,
                  fmt::format("The Content-MD5 you specified, '{}', did not match what we received "
                              "('{}').",
                              ToBase64(expected.md5), ToBase64(md5_)));
  }
  if (!expected.checksum.empty() && expected.checksum != checksum_) {
    return S3Fail(
        "BadDigest", 400,
        fmt::format("The {} you specified, '{}', did not match the calculated checksum "
                    "'{}'.",
                    NameOf(algorithm_), ToBase64(expected.checksum), ToBase64(checksum_)));
  }
  return draft_->writer().Finish();
}

std::vector<state::SegmentRow> ContentWriter::Segments(int part_number) const {
  return {{.part_number = part_number,
           .place = 0,
           .blob = draft_->blob(),
           .blob_offset = 0,
           .size_bytes = static_cast<int64_t>(size_bytes())}};
}

ContentReader::ContentReader(BlobFolder& folder, std::vector<state::SegmentRow> segments)
    : folder_(folder), segments_(std::move(segments)) {
  for (const state::SegmentRow& segment : segments_) {
    begins_.push_back(size_bytes_);
    size_bytes_ += static_cast<uint64_t>(segment.size_bytes);
  }
}

Result<std::optional<std::unique_ptr<ContentReader>>> ContentReader::Open(
    BlobFolder& folder, state::ObjectTable& table, const std::string& content_id, int part_number,
    std::vector<state::SegmentRow> segments) {
  using Found = std::optional<std::unique_ptr<ContentReader>>;
  if (segments.empty()) return Found();
  std::unique_ptr<ContentReader> reader(new ContentReader(folder, std::move(segments)));
  if (reader->segments_.size() > 1) {
    // Too many to open all of them: they are held, and looked for once more, for whoever took them
    // away before that did not see it.
    for (const auto& segment : reader->segments_) folder.Pin(segment.blob);
    reader->pinned_ = true;
    const auto still = table.Segments(content_id, part_number);
    if (!still) return std::unexpected(still.error());
    if (still->size() != reader->segments_.size()) return Found();
  }
  auto first = folder.OpenBlob(reader->segments_.front().blob);
  if (!first && first.error().fault == Fault::kNotFound) return Found();
  if (!first) return std::unexpected(std::move(first.error()));
  reader->open_ = std::move(*first);
  return Found(std::move(reader));
}

ContentReader::~ContentReader() {
  if (!pinned_) return;
  for (const auto& segment : segments_) folder_.Unpin(segment.blob);
}

Result<void> ContentReader::Read(std::string& out, uint64_t offset, size_t size) {
  while (size > 0) {
    const auto behind = std::ranges::upper_bound(begins_, offset);
    if (behind == begins_.begin() || offset >= size_bytes_) {
      return Fail(Fault::kInternal, "The object is shorter than its rows say");
    }
    const auto place = static_cast<size_t>(behind - begins_.begin()) - 1;
    const state::SegmentRow& segment = segments_[place];
    if (place != open_segment_) {
      auto opened = folder_.OpenBlob(segment.blob);
      if (!opened) return std::unexpected(std::move(opened.error()));
      open_ = std::move(*opened);
      open_segment_ = place;
    }
    const uint64_t within = offset - begins_[place];
    const size_t taken =
        std::min<uint64_t>(size, static_cast<uint64_t>(segment.size_bytes) - within);
    if (taken == 0) return Fail(Fault::kInternal, "The object is shorter than its rows say");
    auto read = open_->Read(out, static_cast<uint64_t>(segment.blob_offset) + within, taken);
    if (!read) return read;
    offset += taken;
    size -= taken;
  }
  return {};
}

std::vector<state::SegmentRow> ContentReader::Slice(uint64_t offset, uint64_t size) const {
  std::vector<state::SegmentRow> slice;
  const uint64_t end = offset + size;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const uint64_t from = std::max(offset, begins_[i]);
    const uint64_t to = std::min(end, begins_[i] + static_cast<uint64_t>(segments_[i].size_bytes));
    if (from >= to) continue;
    state::SegmentRow part = segments_[i];
    part.place = static_cast<int>(slice.size());
    part.blob_offset += static_cast<int64_t>(from - begins_[i]);
    part.size_bytes = static_cast<int64_t>(to - from);
    slice.push_back(part);
  }
  return slice;
}

}  // namespace bedplate::account::objects
