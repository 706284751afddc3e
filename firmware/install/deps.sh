#!/bin/sh
# Installs what studiobox needs on Debian, Ubuntu and Raspberry Pi OS, and says
# what it installs and why. Usage: deps.sh run|test|lab|lab-short
set -eu

cd "$(dirname "$0")/../.."

# One line a package: stage, package, reason.
packages() {
	cat <<-'LIST'
	run  gstreamer1.0-plugins-base  video scaling and raw frames in and out of GStreamer
	run  gstreamer1.0-plugins-good  Raspberry Pi hardware encoder (v4l2h264enc)
	run  gstreamer1.0-plugins-bad   H.264 and H.265 parsers
	run  gstreamer1.0-plugins-ugly  x264 software encoder
	run  gstreamer1.0-libav         H.264 and H.265 decoders
	run  gstreamer1.0-alsa          a microphone on the box itself
	test gstreamer1.0-tools         GStreamer as a peer in tests
	test gir1.2-gst-rtsp-server-1.0 a GStreamer RTSP camera as a peer in tests
	test gstreamer1.0-rtsp          GStreamer's RTSP elements for the same peer
	test python3-gi                 runs that RTSP camera
	test ffmpeg                     a camera, an ingest and a judge of pictures in tests
	test mosquitto                  a real MQTT broker in tests
	test postgresql                 the console's larger database in tests
	test prometheus                 promtool, which checks and tests the alert rules
	test nodejs                     a browser's cryptography as a peer of the signed commands
	test iproute2                   network namespaces in tests
	test chromium                   the page in a real browser
	test fonts-noto-cjk             Japanese and Chinese on its screenshots
	test gcc                        the race detector
	test libc6-dev                  the race detector
	lab-short qemu-system-x86       a machine with a kernel of its own
	lab-short gcc-12                builds the kernel's simulated GPIO chip
	lab-short libelf1               the kernel's own build tools
	lab-short xz-utils              unpacks the kernel's source
	lab-short debian-archive-keyring the signatures of what is fetched
	lab  qemu-system-arm            a machine of a Pi's architecture
	lab  gcc-12-aarch64-linux-gnu   the simulated GPIO chip for it
	lab  binutils                   finds the libraries of the camera's GStreamer
	lab  ffmpeg                     judges the pictures of the camera
	LIST
}

check_go() {
	wanted=$(sed -n 's/^go //p' go.mod)
	if found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null); then
		found=${found#go}
		oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
		[ "$oldest" = "$wanted" ] && return 0
		echo "Go $found is older than the $wanted that go.mod asks for."
	else
		echo "Go is missing; go.mod asks for $wanted."
	fi
	case $(uname -m) in
	x86_64) arch=amd64 ;;
	aarch64) arch=arm64 ;;
	*)
		echo "studiobox runs on 64-bit x86 and ARM; this is $(uname -m). On a Raspberry Pi, install the 64-bit system."
		exit 1
		;;
	esac
	cat <<-TXT
	The packages of this system are too old for it. These commands install it for everyone on this machine:

	  curl -fLO https://go.dev/dl/go$wanted.linux-$arch.tar.gz
	  sudo rm -rf /usr/local/go
	  sudo tar -C /usr/local -xzf go$wanted.linux-$arch.tar.gz
	  export PATH=/usr/local/go/bin:\$PATH     # add this line to ~/.profile too

	Then run make again.
	TXT
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c2)" = i ]
}

install_packages() {
	missing=
	while read -r stage package reason; do
		[ "$stage" = "$1" ] || continue
		installed "$package" && continue
		[ -n "$missing" ] || echo "Installing with apt-get:"
		printf '  %-28s %s\n' "$package" "$reason"
		missing="$missing $package"
	done <<-LIST
	$(packages)
	LIST
	[ -n "$missing" ] || return 0
	as_root apt-get update -qq
	# shellcheck disable=SC2086 -- one word a package
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# The OpenID Connect provider that the sign-in is tested with comes from npm, which
# some systems have in nodejs and others in a package of its own.
install_provider() {
	folder=${XDG_CACHE_HOME:-$HOME/.cache}/studiobox/oidc-provider
	wanted=provisioning/console/signin/testdata/package.json
	cmp -s "$wanted" "$folder/package.json" && [ -d "$folder/node_modules/oidc-provider" ] && return 0
	if ! command -v npm >/dev/null; then
		echo "Installing with apt-get: npm, which fetches a provider for tests of the sign-in"
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null
	fi
	echo "Installing with npm, in the user's cache: oidc-provider, for tests of the sign-in"
	mkdir -p "$folder"
	rm -rf "$folder/package.json" "$folder/node_modules"
	npm_package=$(mktemp -d)
	cp "$wanted" "$npm_package/"
	npm install --prefix "$npm_package" --no-audit --no-fund --no-package-lock --ignore-scripts --silent
	mv "$npm_package/node_modules" "$npm_package/package.json" "$folder/"
	rmdir "$npm_package"
}

case ${1:-} in
run | test | lab | lab-short) ;;
*) echo "usage: deps.sh run|test|lab|lab-short" >&2; exit 2 ;;
esac
if ! command -v apt-get >/dev/null; then
	echo "This is no Debian, Ubuntu or Raspberry Pi OS: install GStreamer 1.20 or newer with x264, libav and the H.264 parsers by hand, then run make build." >&2
	exit 1
fi
check_go
install_packages "$1"
if [ "$1" = test ]; then
	install_provider
fi
