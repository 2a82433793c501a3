// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the bytes of flame.css and flame.js, which the assembler reads where they are: below the directory
 * that make runs in. It never changes them, but for the NUL at the end.
 */
#include "sink/flame_assets.h"

#define EMBED(symbol, path)                           \
	__asm__(".pushsection .rodata\n"              \
		".global " #symbol "\n" #symbol ":\n" \
		".incbin \"" path "\"\n"              \
		".byte 0\n"                           \
		".popsection\n")

EMBED(flame_css, "user/sink/flame.css");
EMBED(flame_js, "user/sink/flame.js");
