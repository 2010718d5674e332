package dev.isobar.aws.dynamodb;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbRequest;

/** A client whose every request passes a test first. */
interface Intercepted {
    /** Answers a request, with the real client's answer or without. */
    Object answer(DynamoDbRequest request, Supplier<Object> real);

    static DynamoDbClient client(DynamoDbClient real, Intercepted test) {
        return (DynamoDbClient) Proxy.newProxyInstance(
                Intercepted.class.getClassLoader(), new Class<?>[] {DynamoDbClient.class}, (proxy, method, args) -> {
                    if (args != null && args.length == 1 && args[0] instanceof DynamoDbRequest request) {
                        return test.answer(request, () -> {
                            try {
                                return method.invoke(real, request);
                            } catch (InvocationTargetException e) {
                                throw (RuntimeException) e.getCause();
                            } catch (IllegalAccessException e) {
                                throw new IllegalStateException(e);
                            }
                        });
                    }
                    // such as a request as a lambda: comes back here with the request
                    return method.isDefault()
                            ? InvocationHandler.invokeDefault(proxy, method, args)
                            : method.invoke(real, args);
                });
    }
}
