// SPDX-License-Identifier: Apache-2.0
// What the library asks of the page, so that the linker does not take it for forgotten.
mergeInto(LibraryManager.library, { report: () => {} });
