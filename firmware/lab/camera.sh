#!/bin/sh
# Fetches those parts of Debian 12's GStreamer that the shipped program needs for a
# camera on the box itself, as the folder that the lab's machine mounts at /usr. A
# directory that is complete is left as it is. Needs no root.
# Usage: camera.sh amd64|arm64 DIRECTORY
set -eu

arch=$1
dir=$2
edition=1 # of what is kept: another number makes it anew
[ "$(cat "$dir/complete" 2>/dev/null)" != $edition ] || exit 0
here=$(dirname "$0")
rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$dir/work
mkdir "$work"
. "$here/apt.sh"
case $arch in
amd64) libs=lib/x86_64-linux-gnu ;;
arm64) libs=lib/aarch64-linux-gnu ;;
*) echo "there is no machine with a camera for $arch: amd64, arm64" >&2; exit 2 ;;
esac

fetch() {
	# The program's own packages, then what their libraries need.
	set -- gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly \
		libgstreamer1.0-0 libgstreamer-plugins-base1.0-0 libglib2.0-0 libffi8 libpcre2-8-0 zlib1g \
		libunwind8 libdw1 libelf1 liblzma5 libbz2-1.0 liborc-0.4-0 libgudev-1.0-0 libudev1 \
		libv4l-0 libv4lconvert0 libjpeg62-turbo libx264-164
	for package; do
		shift
		set -- "$@" "$package:$arch"
	done
	unpack "$@"
}

# library finds a file of a library.
library() {
	for at in "$work/root/usr/$libs/$1" "$work/root/$libs/$1"; do
		[ ! -e "$at" ] || { echo "$at"; return 0; }
	done
	echo "none of the fetched packages has $1: name its package in $0" >&2
	return 1
}

# keep copies a file and the libraries that it needs. The C library is the
# machine's own.
keep() {
	mkdir -p "$(dirname "$dir/$2")"
	[ ! -e "$dir/$2" ] || return 0
	cp -L "$1" "$dir/$2"
	for name in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		case $name in
		ld-linux-* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.*) continue ;;
		esac
		file=$(library "$name")
		keep "$file" "$libs/$name"
	done
}

echo "fetching Debian's GStreamer for $arch (once)"
private_apt
fetch
for plugin in coreelements app videoconvertscale video4linux2 x264; do
	keep "$work/root/usr/$libs/gstreamer-1.0/libgst$plugin.so" "$libs/gstreamer-1.0/libgst$plugin.so"
done
scanner=$libs/gstreamer1.0/gstreamer-1.0/gst-plugin-scanner
keep "$work/root/usr/$scanner" "$scanner"
rm -rf "$work"
echo $edition >"$dir/complete"
