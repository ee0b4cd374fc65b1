// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pion::tool {

/// Reads a page that closes every element and quotes every attribute, as XML wants it. Only the
/// insides of <style> and <script> are passed over, as HTML wants it.
class HtmlReader {
 public:
  explicit HtmlReader(const std::string& page) : rest_(page) {
    take("<!DOCTYPE html>");
    while (!rest_.empty() && error_.empty()) step();
    if (!open_.empty()) fail("not closed: " + open_.back());
    for (const std::string& id : wanted_) {
      if (ids_.count(id) == 0) fail("nothing has the id " + id);
    }
  }

  const std::string& error() const { return error_; }

 private:
  void fail(const std::string& what) {
    if (error_.empty()) error_ = what + " before: " + std::string(rest_.substr(0, 60));
  }

  bool take(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  std::string until(std::string_view ends) {
    const std::string found(rest_.substr(0, rest_.find_first_of(ends)));
    rest_.remove_prefix(found.size());
    return found;
  }

  void step() {
    const std::string text = until("<");
    for (std::size_t at = text.find('&'); at != text.npos; at = text.find('&', at + 1)) {
      if (text.find(';', at) == text.npos) fail("a bare &");
    }
    if (rest_.empty()) return;
    if (take("</")) {
      const std::string name = until(">");
      take(">");
      if (open_.empty() || open_.back() != name) return fail("</" + name + "> closes nothing");
      open_.pop_back();
      return;
    }
    take("<");
    const std::string name = until(" />\n");
    if (name.empty()) return fail("a bare <");
    attributes(name);
    if (take("/>")) return;
    if (!take(">")) return fail("a tag without an end");
    if (name == "script" || name == "style") {
      const std::size_t end = rest_.find("</" + name + ">");
      if (end == rest_.npos) return fail(name + " without an end");
      rest_.remove_prefix(end + name.size() + 3);
      return;
    }
    open_.push_back(name);
  }

  void attributes(const std::string& element) {
    std::set<std::string> seen;
    while (take(" ") || take("\n")) {
      const std::string name = until("= />\n");
      if (name.empty()) continue;
      if (!take("=\"")) return fail(element + " has " + name + " without a value");
      const std::string value = until("\"");
      take("\"");
      if (!seen.insert(name).second) fail(element + " has " + name + " twice");
      if (value.find('<') != value.npos) fail("a bare < in " + name);
      refer(name, value);
    }
  }

  void refer(const std::string& name, const std::string& value) {
    if (name == "id" && !ids_.insert(value).second) fail("two have the id " + value);
    if (name == "href" && value[0] == '#') wanted_.insert(value.substr(1));
    if (name == "aria-labelledby" || name == "aria-describedby") wanted_.insert(value);
  }

  std::string_view rest_;
  std::string error_;
  std::vector<std::string> open_;
  std::set<std::string> ids_, wanted_;
};

}  // namespace pion::tool
