"""Appointments at centres: slots that staff set up, bookings without double seats, reminders, calendar files."""
