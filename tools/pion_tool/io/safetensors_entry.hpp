// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pion_tool/io/tensor.hpp"

namespace pion::io {

/// Where a tensor's values lie, counted from the header's end.
struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool placed = false;    ///< Whether the header says it soundly: the file must be so covered.
  bool copyable = false;  ///< Whether type, shape and bytes can be written again as they are.
};

/// Holds the value of one field of a tensor: a text, or a list of numbers.
struct SafetensorsField {
  bool present = false;
  bool text = false;          ///< A string.
  bool list = false;          ///< A list.
  bool whole_numbers = true;  ///< Of which every element is a whole number from 0 on.
  std::string string;
  std::vector<std::uint64_t> numbers;
};

/// Holds the fields of one tensor.
struct SafetensorsFields {
  SafetensorsField dtype, shape, data_offsets;
};

/// A tensor as its fields describe it.
struct SafetensorsEntry {
  TensorInfo info;
  Span span;
};

/// Turns the fields of a tensor into what they say. Where they are wrong, TensorInfo::problem says
/// how.
/// \param there  how many bytes of values the file holds.
SafetensorsEntry read_safetensors_entry(std::string name, const SafetensorsFields& fields,
                                        std::uint64_t there);

}  // namespace pion::io
