namespace OrthancCloudFs.Envelope.Keys;

/// <summary>A master key that cannot be used. The message is one line: which file, what was found, what to do; never the key.</summary>
public sealed class MasterKeyException(string message, Exception? innerException = null) : Exception(message, innerException);
