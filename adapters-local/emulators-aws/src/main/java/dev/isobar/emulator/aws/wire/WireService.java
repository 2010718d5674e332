package dev.isobar.emulator.aws.wire;

/** A service behind the one port. Thread safe. */
public interface WireService {
    /** Whether this request is for this service. */
    boolean takes(WireRequest request);

    /** Answers it. What it throws becomes 500 {@code InternalFailure}. */
    WireResponse answer(WireRequest request) throws Exception;
}
