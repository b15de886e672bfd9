using System.Net;
using System.Net.Sockets;

namespace OrthancCloudFs.TestKit.Programs;

/// <summary>Ports of 127.0.0.1 that nobody listens on.</summary>
public static class LocalPort
{
    /// <summary>Some free ports, all different. Another process may take one before it is used; that has to be lived with.</summary>
    public static int[] Free(int count)
    {
        var listeners = new TcpListener[count];
        for (int i = 0; i < count; i++)
        {
            listeners[i] = new TcpListener(IPAddress.Loopback, 0);
            listeners[i].Start();
        }

        int[] ports = Array.ConvertAll(listeners, listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        foreach (TcpListener listener in listeners)
            listener.Dispose();
        return ports;
    }
}
