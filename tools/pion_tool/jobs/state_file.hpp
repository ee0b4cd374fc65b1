// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <pion/optimizer/state.hpp>

#include "pion_tool/recipes/catalogue.hpp"

/// What an optimiser remembers of one parameter, as a .safetensors file that every reader of the
/// format opens: a tensor for each buffer, by its name, and the recipe with every number in the
/// metadata.
///
/// It is the tool's, not the library's: to be read again, also after another program has written
/// it, it needs a reader of JSON, and the library depends on Eigen alone
/// (optimizer/checkpoint_format.hpp is its own form).
namespace pion::tool {

/// Writes the state to `path`, whole or not at all. T is float or double.
/// \param rows, cols  of the parameter as it is stored.
template <class T>
void save_state(const std::filesystem::path& path, const recipes::MadeRecipe& recipe, Index rows,
                Index cols, const optimizer::State<T>& state);

/// Fills a state that the recipe begins with. \throws io::Error that names the file and what of it
/// is another than this step's: the recipe, in all that optimizer::signature() says, the
/// parameter's shape or orientation, the scalar, or a tensor. The state is then as it was.
template <class T>
void load_state(const std::filesystem::path& path, const recipes::MadeRecipe& recipe, Index rows,
                Index cols, optimizer::State<T>& state);

}  // namespace pion::tool
