// SPDX-License-Identifier: Apache-2.0

// Package dotted has a dot in the last element of its path, which Go escapes in symbol names.
package dotted

//go:noinline
func Call(f func()) {
	f()
}
