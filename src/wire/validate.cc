#include "wire/validate.h"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "wire/patterns.h"
#include "wire/writer.h"

namespace bedplate::wire {
namespace {

// More failures are counted, but not told: nobody reads them, and an attacker could make millions.
constexpr size_t kFailuresTold = 10;
constexpr size_t kValueShownMax = 200;  // bytes

size_t CodePoints(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

std::string Shown(std::string_view text) {
  if (text.size() <= kValueShownMax) return std::string(text);
  size_t end = kValueShownMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

// Room at first: an input of usual depth allocates once for each.
constexpr size_t kStepsFirst = 16;
constexpr size_t kStructuresFirst = 8;
constexpr size_t kMembersFirst = 64;

// A writer that writes nothing: each value that the structure hands over is checked instead.
class Validator final : public ShapeWriter {
 public:
  Validator() {
    path_.reserve(kStepsFirst);
    structures_.reserve(kStructuresFirst);
    seen_.reserve(kMembersFirst);
  }
  Result<void> Finish() const;

  void Structure(const Shape& shape, const void* object) override;
  void List(const Shape& shape, const void* vector, size_t size) override;
  void Map(const Shape& shape, const void* map, size_t size) override;
  bool BeginMember(const Member& member) override;
  void BeginElement() override;
  void BeginEntry(std::string_view key) override;
  void String(std::string_view value) override;
  void Integer(int32_t value) override { Long(value); }
  void Long(int64_t value) override;
  void Float(float value) override { CheckFloating(value); }
  void Double(double value) override { CheckFloating(value); }
  void Boolean(bool) override {}
  void WriteBlob(const Blob& value) override;
  void WriteTimestamp(const Timestamp&) override {}
  void WriteDocument(const Document&) override {}
  void EnumText(std::string_view text, bool recognized) override;

 private:
  // A step of the way from the input to the value at hand.
  struct Step {
    std::string_view name;  // of a member or an entry; empty for an element
    size_t index = 0;       // of an element, from 1
    bool entry = false;
  };
  struct Structured {
    const Shape* shape;
    size_t first_seen;  // into seen_: one for each member
    size_t seen_count = 0;
  };

  std::string Path() const;
  std::string ZeroBasedPath() const;
  bool Hidden() const { return hidden_ || (member_ && member_->Has(kSensitive)); }
  void Add(std::string failure);
  // "Value 'x' at 'path' failed to satisfy constraint: ..."; without the value when it is hidden.
  void AddValue(std::string_view value, std::string_view constraint);
  void AddContainer(std::string_view constraint);
  void CheckSize(const Constraint& constraint, size_t size, auto add);
  void CheckFloating(auto value);
  void CheckMembers(const Structured& structured);
  void CheckKey(const Shape& shape, std::string_view key);
  template <class Body>
  void Within(const Member* part, Body body);

  std::vector<Step> path_;
  std::vector<Structured> structures_;
  std::vector<bool> seen_;  // which members are set, of each structure on the way
  std::vector<const Shape*> maps_;
  const Member* member_ = nullptr;  // whose value comes next
  bool hidden_ = false;             // inside a sensitive member
  std::vector<std::string> failures_;
  size_t failure_count_ = 0;
  std::string union_failure_;
};

std::string Validator::Path() const {
  std::string path;
  for (const Step& step : path_) {
    if (!path.empty()) path += '.';
    if (step.index != 0) {
      path += fmt::format("{}.member", step.index);
    } else {
      path += step.name;
      if (step.entry) path += ".member";
    }
  }
  return path;
}

// messages.0.content.0: how AWS says it where it speaks of objects and not of constraints.
std::string Validator::ZeroBasedPath() const {
  std::string path;
  for (const Step& step : path_) {
    if (!path.empty()) path += '.';
    path += step.index != 0 ? fmt::format("{}", step.index - 1) : std::string(step.name);
  }
  return path;
}

void Validator::Add(std::string failure) {
  ++failure_count_;
  if (failures_.size() < kFailuresTold) failures_.push_back(std::move(failure));
}

void Validator::AddValue(std::string_view value, std::string_view constraint) {
  if (failures_.size() >= kFailuresTold) return Add({});
  if (Hidden()) return AddContainer(constraint);
  Add(fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", Shown(value), Path(),
                  constraint));
}

void Validator::AddContainer(std::string_view constraint) {
  if (failures_.size() >= kFailuresTold) return Add({});
  Add(fmt::format("Value at '{}' failed to satisfy constraint: {}", Path(), constraint));
}

void Validator::CheckSize(const Constraint& constraint, size_t size, auto add) {
  const auto length = static_cast<int64_t>(size);
  if (constraint.min != Constraint::kNoMin && length < constraint.min) {
    add(fmt::format("Member must have length greater than or equal to {}", constraint.min));
  }
  if (constraint.max != Constraint::kNoMax && length > constraint.max) {
    add(fmt::format("Member must have length less than or equal to {}", constraint.max));
  }
}

// Runs `body`, which hands over the parts of a container, with the state for its own value kept.
template <class Body>
void Validator::Within(const Member* part, Body body) {
  const Member* const outer = member_;
  const bool hidden = hidden_;
  hidden_ = Hidden();
  member_ = part;
  path_.emplace_back();
  body();
  path_.pop_back();
  member_ = outer;
  hidden_ = hidden;
}

void Validator::Structure(const Shape& shape, const void* object) {
  const size_t first_seen = seen_.size();
  structures_.push_back({&shape, first_seen});
  seen_.resize(first_seen + shape.member_count);
  if (shape.write) {
    Within(nullptr, [&] { shape.write(object, *this); });
  }
  CheckMembers(structures_.back());
  seen_.resize(first_seen);
  structures_.pop_back();
}

void Validator::CheckMembers(const Structured& structured) {
  const Shape& shape = *structured.shape;
  if (shape.Has(kUnion)) {
    if (structured.seen_count == 1 || !union_failure_.empty()) return;
    std::string keys;
    for (uint32_t i = 0; i < shape.member_count; ++i) {
      if (i != 0) keys += ", ";
      keys += shape.members[i].name;
    }
    union_failure_ =
        fmt::format("The {} object at {} must set {} of the following keys: {}.", shape.name,
                    ZeroBasedPath(), structured.seen_count == 0 ? "one" : "only one", keys);
    return;
  }
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    const Member& member = shape.members[i];
    // The events of an input come when it has been read, one by one.
    if (!member.Has(kRequired) || member.Has(kEventStream)) continue;
    if (seen_[structured.first_seen + i]) continue;
    path_.push_back({.name = shape.members[i].name});
    Add(failures_.size() >= kFailuresTold
            ? std::string()
            : fmt::format(
                  "Value null at '{}' failed to satisfy constraint: Member must not be null",
                  Path()));
    path_.pop_back();
  }
}

bool Validator::BeginMember(const Member& member) {
  Structured& structured = structures_.back();
  const auto index = static_cast<size_t>(&member - structured.shape->members);
  seen_[structured.first_seen + index] = true;
  ++structured.seen_count;
  path_.back() = {.name = member.name};
  member_ = &member;
  return true;
}

void Validator::List(const Shape& shape, const void* vector, size_t size) {
  if (shape.constraint) {
    CheckSize(*shape.constraint, size, [this](const std::string& c) { AddContainer(c); });
  }
  Within(&shape.members[0], [&] { shape.write(vector, *this); });
}

void Validator::BeginElement() { ++path_.back().index; }

void Validator::Map(const Shape& shape, const void* map, size_t size) {
  if (shape.constraint) {
    CheckSize(*shape.constraint, size, [this](const std::string& c) { AddContainer(c); });
  }
  maps_.push_back(&shape);
  Within(&shape.members[1], [&] { shape.write(map, *this); });
  maps_.pop_back();
}

void Validator::BeginEntry(std::string_view key) {
  path_.back() = {};
  CheckKey(*maps_.back()->members[0].shape, key);
  path_.back() = {.name = key, .entry = true};
}

// A key has no path of its own: the failure is the map's.
void Validator::CheckKey(const Shape& shape, std::string_view key) {
  std::string broken;
  const auto add = [&broken](std::string_view constraint) {
    if (!broken.empty()) broken += ", ";
    broken += constraint;
  };
  if (shape.constraint) {
    CheckSize(*shape.constraint, CodePoints(key), add);
    if (!MatchesPattern(*shape.constraint, key)) {
      add(fmt::format("Member must satisfy regular expression pattern: {}",
                      shape.constraint->pattern));
    }
  }
  if (shape.enum_names && shape.enum_names->Find(key) == 0) {
    add("Member must satisfy enum value set");
  }
  if (broken.empty()) return;
  const Step step = path_.back();
  path_.pop_back();
  const std::string words = fmt::format("Map keys must satisfy constraint: [{}]", broken);
  shape.Has(kSensitive) ? AddContainer(words) : AddValue(key, words);
  path_.push_back(step);
}

void Validator::String(std::string_view value) {
  const Constraint* const constraint = member_->shape->constraint;
  if (!constraint) return;
  CheckSize(*constraint, CodePoints(value), [&](const std::string& c) { AddValue(value, c); });
  if (!MatchesPattern(*constraint, value)) {
    AddValue(value, fmt::format("Member must satisfy regular expression pattern: {}",
                                constraint->pattern));
  }
}

void Validator::Long(int64_t value) {
  const Constraint* const constraint = member_->shape->constraint;
  if (!constraint) return;
  if (constraint->min != Constraint::kNoMin && value < constraint->min) {
    AddValue(fmt::format("{}", value),
             fmt::format("Member must have value greater than or equal to {}", constraint->min));
  }
  if (constraint->max != Constraint::kNoMax && value > constraint->max) {
    AddValue(fmt::format("{}", value),
             fmt::format("Member must have value less than or equal to {}", constraint->max));
  }
}

// Written so that NaN, which compares with nothing, breaks every bound.
void Validator::CheckFloating(auto value) {
  const Constraint* const constraint = member_->shape->constraint;
  if (!constraint) return;
  if (std::isfinite(constraint->floating_min) && !(value >= constraint->floating_min)) {
    AddValue(fmt::format("{}", value),
             fmt::format("Member must have value greater than or equal to {}",
                         constraint->floating_min));
  }
  if (std::isfinite(constraint->floating_max) && !(value <= constraint->floating_max)) {
    AddValue(
        fmt::format("{}", value),
        fmt::format("Member must have value less than or equal to {}", constraint->floating_max));
  }
}

void Validator::WriteBlob(const Blob& value) {
  if (!member_->shape->constraint) return;
  CheckSize(*member_->shape->constraint, value.bytes.size(),
            [this](const std::string& c) { AddContainer(c); });
}

void Validator::EnumText(std::string_view text, bool recognized) {
  if (recognized) return;
  std::string names;
  const EnumNames& known = *member_->shape->enum_names;
  for (uint16_t i = 0; i < known.count; ++i) {
    if (i != 0) names += ", ";
    names += known.names[i];
  }
  AddValue(text, fmt::format("Member must satisfy enum value set: [{}]", names));
}

Result<void> Validator::Finish() const {
  if (failure_count_ == 0) {
    return union_failure_.empty() ? Result<void>() : Fail(Fault::kValidation, union_failure_);
  }
  std::string message = fmt::format("{} validation error{} detected: ", failure_count_,
                                    failure_count_ == 1 ? "" : "s");
  for (size_t i = 0; i < failures_.size(); ++i) {
    if (i != 0) message += "; ";
    message += failures_[i];
  }
  if (failure_count_ > failures_.size()) {
    message += fmt::format("; and {} more", failure_count_ - failures_.size());
  }
  return Fail(Fault::kValidation, std::move(message));
}

}  // namespace

Result<void> Validate(const Shape& shape, const void* object) {
  Validator validator;
  validator.Structure(shape, object);
  return validator.Finish();
}

}  // namespace bedplate::wire
