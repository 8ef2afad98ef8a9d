"""The sentence encoder: conversion, export, fast CPU inference."""
