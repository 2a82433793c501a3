/* SPDX-License-Identifier: Apache-2.0 */
/* The style sheet and the script of the flame graph: the text of flame.css and flame.js. */
#ifndef CHANSCOPE_SINK_FLAME_ASSETS_H
#define CHANSCOPE_SINK_FLAME_ASSETS_H

extern const char flame_css[];
extern const char flame_js[];

#endif
