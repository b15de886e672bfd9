using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32;

namespace WinFspBinding;

/// <summary>Finds and loads WinFsp's library as its documentation says: where Windows looks, then where its installer put it.</summary>
public static class WinFspLibrary
{
    internal const string Name = "winfsp-x64.dll";

    private const string InstallKey = @"SOFTWARE\WOW6432Node\WinFsp";
    private const string InstallValue = "InstallDir";

    private static readonly Lock Loading = new();
    private static nint _handle;

    /// <summary>Loads the library once.</summary>
    /// <exception cref="WinFspException">It is not installed; the message says what to install.</exception>
    [SupportedOSPlatform("windows")]
    public static void Load()
    {
        lock (Loading)
        {
            if (_handle != 0)
                return;
            Assembly assembly = typeof(WinFspLibrary).Assembly;
            if (!NativeLibrary.TryLoad(Name, assembly, DllImportSearchPath.SafeDirectories, out nint handle)
                && !(InstalledPath() is { } path && NativeLibrary.TryLoad(path, out handle)))
            {
                throw new WinFspException($"{Name} is not found: install WinFsp 2.0 or newer from https://winfsp.dev/rel/");
            }

            NativeLibrary.SetDllImportResolver(assembly, static (name, _, _) => name == Name ? _handle : 0);
            _handle = handle;
        }
    }

    [SupportedOSPlatform("windows")]
    private static string? InstalledPath()
    {
        using RegistryKey? key = Registry.LocalMachine.OpenSubKey(InstallKey);
        return key?.GetValue(InstallValue) is string { Length: > 0 } folder ? Path.Combine(folder, "bin", Name) : null;
    }
}
