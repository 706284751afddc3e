#!/bin/sh
# Fetches Debian 12's kernel for one of the lab's machines and builds gpio-sim
# for it. A directory that is complete is left as it is. Needs no root.
# Usage: prepare.sh amd64|arm64 DIRECTORY
set -eu

arch=$1
dir=$2
edition=2 # of what is kept: another number makes it anew
[ "$(cat "$dir/complete" 2>/dev/null)" != $edition ] || exit 0
series=6.1 # the kernel that the two edits below fit
here=$(dirname "$0")
. "$here/apt.sh"
[ "$host" = amd64 ] || { echo "the lab runs on amd64; this machine is $host" >&2; exit 1; }

rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$dir/work
mkdir -p "$work/module"
sources=$dir/../gpio-sim-$series # three files, the same for every architecture

fetch() {
	release=$(apt-cache depends "linux-image-$arch:$arch" | sed -n 's/.*Depends: linux-image-\([^:]*\).*/\1/p')
	[ -n "$release" ] || { echo "$mirror has no linux-image-$arch for Debian 12" >&2; exit 1; }
	common=linux-headers-${release%-"$arch"}-common
	unpack "linux-image-$release:$arch" "linux-headers-$release:$arch" \
		"$common" "linux-kbuild-$series:$host" "busybox-static:$arch" "libc6:$arch"
}

fetch_sources() {
	[ ! -e "$sources" ] || return 0
	at=linux-source-$series
	(cd "$work" && apt-get download -qq "$at")
	mkdir "$work/sources"
	dpkg --fsys-tarfile "$work"/linux-source*.deb | tar -xO "./usr/src/$at.tar.xz" | xz -dc | tar -x -C "$work/sources" \
		--transform 's|.*/||' "$at/drivers/gpio/gpio-sim.c" "$at/drivers/gpio/gpiolib.h" "$at/kernel/irq/irq_sim.c"
	mv "$work/sources" "$sources"
}

# gpio-sim, and the interrupt simulator that it leans on, as one module.
build_gpiosim() {
	cp "$sources/gpiolib.h" "$sources/irq_sim.c" "$work/module"
	cp "$sources/gpio-sim.c" "$work/module/gpio-sim-main.c"
	# What the kernel itself would export stays inside the module; irq_to_desc
	# is not for modules.
	sed -i -e '/EXPORT_SYMBOL_GPL/d' \
		-e 's/irq_to_desc(\([^)]*\))/irq_data_to_desc(irq_get_irq_data(\1))/' "$work/module/irq_sim.c"
	cat >"$work/module/Kbuild" <<-KBUILD
	obj-m := gpio-sim.o
	gpio-sim-y := gpio-sim-main.o irq_sim.o
	ccflags-y := -DCONFIG_IRQ_SIM=1
	KBUILD
	headers=$work/root/usr/src/linux-headers-$release
	sed -i "s|include /usr/src|include $work/root/usr/src|" "$headers/Makefile"
	cross=
	[ "$arch" = amd64 ] || cross=aarch64-linux-gnu-
	make -s -C "$headers" M="$work/module" CROSS_COMPILE=$cross modules >"$dir/build.log" 2>&1 ||
		{ cat "$dir/build.log" >&2; exit 1; }
}

# Modules get numbers: the machine loads them in this order, and some are built
# into one kernel and not into the other.
keep() {
	kernel=$work/root/lib/modules/$release/kernel
	mkdir "$dir/modules"
	n=10
	for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover \
		virtio_net netfs fscache 9pnet 9pnet_virtio 9p configfs pwm-bcm2835; do
		file=$(find "$kernel" -name "$name.ko")
		[ -z "$file" ] || cp "$file" "$dir/modules/$n-$name.ko"
		n=$((n + 1))
	done
	cp "$work/module/gpio-sim.ko" "$dir/modules/$n-gpio-sim.ko"
	# The kernel's emulated camera is loaded by the one story that films.
	mkdir "$dir/vivid"
	n=10
	for name in mc videodev videobuf2-common videobuf2-memops videobuf2-v4l2 videobuf2-vmalloc videobuf2-dma-contig \
		v4l2-dv-timings v4l2-tpg rc-core cec vivid; do
		file=$(find "$kernel" -name "$name.ko")
		[ -z "$file" ] || cp "$file" "$dir/vivid/$n-$name.ko"
		n=$((n + 1))
	done
	# The shipped program finds GStreamer through the C library's loader.
	mkdir "$dir/lib" "$dir/lib64"
	for name in ld-linux-* libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0; do
		cp "$work/root/lib/"*-linux-gnu/$name "$dir/lib/"
	done
	cp "$dir/lib/"ld-linux-* "$dir/lib64/"
	cp "$work/root/boot/vmlinuz-$release" "$dir/vmlinuz"
	cp "$work/root/bin/busybox" "$dir/busybox"
	dtb=$work/root/usr/lib/linux-image-$release/broadcom/bcm2837-rpi-3-b.dtb
	[ ! -e "$dtb" ] || cp "$dtb" "$dir/rpi3.dtb"
	echo "$release" >"$dir/release"
}

echo "fetching Debian's kernel for $arch and building gpio-sim (once)"
private_apt
fetch
fetch_sources
build_gpiosim
keep
rm -rf "$work"
echo $edition >"$dir/complete"
