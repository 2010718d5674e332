package dev.isobar.emulator.gcp.wire;

/** A service that is spoken to over HTTP. Thread safe. */
public interface HttpService {
    /** Answers a request. What it throws becomes a 500. */
    HttpAnswer answer(HttpCall call) throws Exception;
}
