#!/bin/sh
# Fetches Debian 12's kernel for one of the lab's machines and builds gpio-sim
# for it. A directory that is complete is left as it is. Needs no root.
# Usage: prepare.sh amd64|arm64 DIRECTORY
set -eu

arch=$1
dir=$2
[ ! -e "$dir/complete" ] || exit 0
own=$(apt-get indextargets --format '$(SITE)' | sed -n 's#/debian/*$##p' | head -n 1) # this machine's mirror
mirror=${STUDIOBOX_DEBIAN:-$own}
[ -n "$mirror" ] || { echo "apt knows no mirror of Debian here: set STUDIOBOX_DEBIAN=http://MIRROR" >&2; exit 1; }
series=6.1 # the kernel that the two edits below fit
host=$(dpkg --print-architecture)
[ "$host" = amd64 ] || { echo "the lab runs on amd64; this machine is $host" >&2; exit 1; }

rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$dir/work
mkdir -p "$work/deb" "$work/root" "$work/module"
sources=$dir/../gpio-sim-$series # three files, the same for every architecture

# An apt of its own: other architectures and other releases than this machine's
# can be asked for, and this machine's lists stay as they are.
private_apt() {
	mkdir -p "$work/etc/apt/apt.conf.d" "$work/etc/apt/preferences.d" "$work/var/lib/apt/lists/partial" "$work/var/cache/apt/archives/partial"
	: >"$work/status"
	proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
	cat >"$work/apt.conf" <<-CONF
	Dir "$work";
	Dir::State "var/lib/apt";
	Dir::State::status "$work/status";
	APT::Architecture "$host";
	APT::Architectures { "$host"; "$arch"; };
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Acquire::http::Proxy "$proxy";
	CONF
	key='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
	cat >"$work/etc/apt/sources.list" <<-LIST
	deb $key $mirror/debian bookworm main
	deb $key $mirror/debian-security bookworm-security main
	LIST
	export APT_CONFIG="$work/apt.conf"
	apt-get update -qq
}

fetch() {
	release=$(apt-cache depends "linux-image-$arch:$arch" | sed -n 's/.*Depends: linux-image-\([^:]*\).*/\1/p')
	[ -n "$release" ] || { echo "$mirror has no linux-image-$arch for Debian 12" >&2; exit 1; }
	common=linux-headers-${release%-"$arch"}-common
	(cd "$work/deb" && apt-get download -qq "linux-image-$release:$arch" "linux-headers-$release:$arch" \
		"$common" "linux-kbuild-$series:$host" "busybox-static:$arch" "libc6:$arch")
	for deb in "$work"/deb/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
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
	# The shipped program finds GStreamer through the C library's loader.
	mkdir "$dir/lib" "$dir/lib64"
	for name in ld-linux-* libc.so.6 libdl.so.2 libpthread.so.0; do
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
: >"$dir/complete"
