package dev.isobar.cli.endtoend;

import dev.isobar.port.EventStream;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterSession;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * A platform whose log remembers nothing of what a replay has read, as one that keeps order per key only remembers it late: after a death all of it is shown again,
 * beside an online state that is far ahead.
 */
final class LateCommits implements AdapterSession {
    private static final String REPLAY = "live";

    private final AdapterSession session;

    LateCommits(AdapterSession session) {
        this.session = session;
    }

    @Override
    public <T> T port(Class<T> port) {
        T real = session.port(port);
        return port == EventStream.class ? port.cast(forgetful((EventStream) real)) : real;
    }

    private static Object forgetful(EventStream log) {
        return Proxy.newProxyInstance(
                EventStream.class.getClassLoader(), new Class<?>[] {EventStream.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("commit") && REPLAY.equals(arguments[1])) {
                        return null;
                    }
                    try {
                        return method.invoke(log, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Override
    public List<Resource> resources() {
        return session.resources();
    }

    @Override
    public void close() {
        session.close();
    }
}
