<#
.SYNOPSIS
Stops Orthanc, and then the mount.
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param([string] $OrthancService = 'Orthanc', [string] $Name = 'OrthancCloudFs')
$ErrorActionPreference = 'Stop'

if (Get-Service $OrthancService -ErrorAction SilentlyContinue) { Stop-Service $OrthancService }
Stop-Service $Name # what the bucket has not confirmed goes on with the next start; the log says what
Get-Service $Name, $OrthancService -ErrorAction SilentlyContinue
