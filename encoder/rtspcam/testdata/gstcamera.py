"""An RTSP camera made with gst-rtsp-server: prints its port, ends with stdin.

Usage: gstcamera.py [user:password] VIDEO... - AUDIO...
VIDEO and AUDIO are the encoders and payloaders, in gst-launch syntax. What goes
through a queue named late_N is sent N ms after it was taken.
"""
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

Gst.init(None)
words = sys.argv[1:]
credentials = words.pop(0)
cut = words.index("-")
video, audio = " ".join(words[:cut]), " ".join(words[cut + 1:])


def hold_back(pad, info):
    """Sleep until the buffer is late. The pipeline does not know of it, so that
    the picture does not wait for the sound, as GStreamer would have it do."""
    queue = pad.get_parent_element()
    now = queue.get_clock().get_time() - queue.get_base_time()
    due = info.get_buffer().pts + int(queue.get_name().split("_")[1]) * Gst.MSECOND
    time.sleep(max(0, due - now) / Gst.SECOND)
    return Gst.PadProbeReturn.OK


def report_capture_time(media):
    """Sender reports tell when a sample was taken, not when it was sent."""
    for element in media.get_element().get_parent().children:
        if element.get_factory().get_name() == "rtpbin":
            element.set_property("rtcp-sync-send-time", False)


def configure(_, media):
    media.connect("prepared", report_capture_time)
    for element in media.get_element().children:
        if element.get_name().startswith("late_"):
            element.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, hold_back)


factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1"
    f" ! {video} name=pay0 pt=96"
    " audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"
    f" ! {audio} name=pay1 pt=97 )"
)
factory.connect("media-configure", configure)

server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")
if credentials:
    user, password = credentials.split(":")
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", user)
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(user, "media.factory.access", True)
    permissions.add_permission_for_role(user, "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/studio", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)

loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin, GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit())
loop.run()
