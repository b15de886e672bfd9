namespace OrthancCloudFs.Configuration;

/// <summary>
/// The configuration cannot be used. <see cref="Exception.Message"/> is one line that says where the fault is
/// (<c>file:line:column</c> where it has a place), what it is and what to do. It never contains a secret.
/// </summary>
public sealed class ConfigurationException : Exception
{
    public ConfigurationException()
    {
    }

    public ConfigurationException(string message)
        : base(message)
    {
    }

    public ConfigurationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
