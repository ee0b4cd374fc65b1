// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>   // std::size_t
#include <iterator>  // std::data, std::size
#include <string>
#include <utility>  // std::declval

#include <pion/detail/check.hpp>

namespace pion {

/// A stretch of the caller's objects: a std::vector, std::array or array, seen without a copy. An
/// empty span says that the caller wants none. (C++20's std::span, for C++17.)
template <class T>
class Span {
 public:
  Span() = default;
  Span(T* data, std::size_t size) : data_(data), size_(size) {}

  template <class Container, class = decltype(std::data(std::declval<Container&>()))>
  Span(Container& all)  // NOLINT(google-explicit-constructor): a container is one
      : data_(std::data(all)), size_(std::size(all)) {}

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) const { return data_[i]; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

/// \throws std::invalid_argument unless `given` is empty or has `count` places.
template <class T>
void require_places(const char* function, const char* what, const Span<T>& given,
                    std::size_t count) {
  if (given.empty() || given.size() == count) return;
  refuse_argument(std::string(function) + ": there are " + std::to_string(given.size()) + " " +
                  what + " for " + std::to_string(count) + " results");
}

}  // namespace detail
}  // namespace pion
