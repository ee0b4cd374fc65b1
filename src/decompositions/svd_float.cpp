// SPDX-License-Identifier: Apache-2.0
#include <pion/detail/svd.hpp>

template pion::detail::ThinSvd<float> pion::detail::thin_svd(const Dense<float>&);
