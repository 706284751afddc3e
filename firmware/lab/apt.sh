# Sourced by the lab's scripts: what they fetch from Debian. Sets host and mirror;
# wants work, a directory of the script's own, and arch.

own=$(apt-get indextargets --format '$(SITE)' | sed -n 's#/debian/*$##p' | head -n 1) # this machine's mirror
mirror=${STUDIOBOX_DEBIAN:-$own}
[ -n "$mirror" ] || { echo "apt knows no mirror of Debian here: set STUDIOBOX_DEBIAN=http://MIRROR" >&2; exit 1; }
host=$(dpkg --print-architecture)

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

# unpack downloads packages and unpacks them into $work/root.
unpack() {
	mkdir -p "$work/deb" "$work/root"
	(cd "$work/deb" && apt-get download -qq "$@")
	for deb in "$work"/deb/*.deb; do
		dpkg -x "$deb" "$work/root"
	done
}
