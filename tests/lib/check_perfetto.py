#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a Perfetto trace by Perfetto's own descriptors (package `perfetto`): every packet and every name is known,
slices are nested, flows have both ends. Prints what it holds as JSON."""
import collections
import json
import sys

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb


def unknown_fields(message):
    """Bytes that the descriptors don't know: a round trip of what they know must give everything back."""
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


class Trace:
    def __init__(self, data):
        self.names = {}
        self.interned = collections.defaultdict(set)
        self.tracks = {}
        self.events = collections.defaultdict(list)  # by track: (time, order, event)
        self.flows = collections.defaultdict(lambda: [[], []])
        trace = pb.Trace()
        trace.ParseFromString(data)
        assert not unknown_fields(trace), "there are fields that Perfetto does not know"
        for order, packet in enumerate(trace.packet):
            self.packet(order, packet)
        self.nr_packets = len(trace.packet)

    def packet(self, order, p):
        assert p.IsInitialized() and p.trusted_packet_sequence_id
        if order == 0:
            assert p.sequence_flags & 1 and p.clock_snapshot.clocks and p.trace_packet_defaults.timestamp_clock_id == 3
        else:
            assert p.sequence_flags == 2
        self.learn(p.interned_data)
        if p.HasField("track_descriptor"):
            d = p.track_descriptor
            assert d.uuid and d.uuid not in self.tracks, f"track {d.uuid} is told twice"
            assert not d.parent_uuid or d.parent_uuid in self.tracks
            self.tracks[d.uuid] = d
        if p.HasField("track_event"):
            assert p.HasField("timestamp")
            self.event(order, p.timestamp, p.track_event)

    def learn(self, data):
        for name in data.event_names:
            self.names[name.iid] = name.name
        for field in ("event_names", "debug_annotation_names", "source_locations", "debug_annotation_string_values"):
            for entry in getattr(data, field):
                assert entry.iid and entry.iid not in self.interned[field], f"{field} {entry.iid} is told twice"
                self.interned[field].add(entry.iid)

    def event(self, order, time, e):
        assert e.track_uuid in self.tracks, f"no track {e.track_uuid}"
        assert e.HasField("name_iid") == (e.type in (pb.TrackEvent.TYPE_SLICE_BEGIN, pb.TrackEvent.TYPE_INSTANT))
        assert not e.name_iid or e.name_iid in self.interned["event_names"]
        assert not e.source_location_iid or e.source_location_iid in self.interned["source_locations"]
        for a in e.debug_annotations:
            assert a.name_iid in self.interned["debug_annotation_names"]
            assert a.string_value_iid in self.interned["debug_annotation_string_values"]
        if e.type == pb.TrackEvent.TYPE_COUNTER:
            assert self.tracks[e.track_uuid].HasField("counter") and e.HasField("counter_value")
            assert e.counter_value >= 0
        for flow in e.flow_ids:
            self.flows[flow][0].append((time, self.names[e.name_iid]))
        for flow in e.terminating_flow_ids:
            self.flows[flow][1].append((time, self.names[e.name_iid]))
        self.events[e.track_uuid].append((time, order, e))

    def check_slices(self):
        """Each end closes the innermost begin, and none is left open. Returns how many of each name."""
        found = collections.Counter()
        for track, events in self.events.items():
            open_slices = []
            for time, _, e in sorted(events, key=lambda x: x[:2]):
                if e.type == pb.TrackEvent.TYPE_SLICE_BEGIN:
                    name = self.names[e.name_iid]
                    assert open_slices or name not in ("blocked", "value"), f"{name} is in no slice"
                    assert len(open_slices) < 2, f"track {track}: {open_slices} and {name}"
                    open_slices.append(name)
                    found[name] += 1
                elif e.type == pb.TrackEvent.TYPE_SLICE_END:
                    assert open_slices, f"track {track}: an end without a begin at {time}"
                    open_slices.pop()
            assert not open_slices, f"track {track}: {open_slices} are open"
        return found

    def check_flows(self):
        for flow, (begins, ends) in self.flows.items():
            assert len(begins) == 1 and len(ends) == 1, f"flow {flow}: from {begins} to {ends}"
            (sent, sender), (received, receiver) = begins[0], ends[0]
            assert sent <= received, f"flow {flow} goes back in time: {sent} to {received}"
            assert sender in ("send", "select") and receiver in ("receive", "select", "value"), (sender, receiver)
        return len(self.flows)


def main():
    with open(sys.argv[1], "rb") as f:
        trace = Trace(f.read())
    names = collections.Counter(d.name or d.process.process_name for d in trace.tracks.values())
    print(json.dumps({
        "packets": trace.nr_packets,
        "slices": trace.check_slices(),
        "flows": trace.check_flows(),
        "counters": sum(d.HasField("counter") for d in trace.tracks.values()),
        "tracks": sorted(names),
    }))


if __name__ == "__main__":
    main()
